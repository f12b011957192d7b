using System.Buffers;

namespace CrashStreams;

/// <summary>
/// Turns values into bytes and back. Null is not its business: a null key or value has no bytes, and the engine never asks.
/// What is written must be read as the same value: a value that can't be written so throws a <see cref="SerdeException"/>, it is not replaced by another.
/// An instance may be used by several threads at once.
/// </summary>
public abstract class Serde<T>
{
    /// <summary>Reads a value that is the whole of <paramref name="data"/>. The span must not be kept.</summary>
    /// <exception cref="SerdeException">The bytes are no such value.</exception>
    public abstract T Deserialize(ReadOnlySpan<byte> data);

    /// <summary>Writes a value.</summary>
    public abstract void Serialize(T value, IBufferWriter<byte> output);

    /// <summary>
    /// Whether two values are equal for .NET's default comparer exactly when they have the same bytes. Stores tell keys apart by their bytes; they keep keys as
    /// objects, which is faster, where this says that it makes no difference. False unless a serde says otherwise.
    /// </summary>
    protected internal virtual bool EqualityIsThatOfBytes => false;

    /// <summary>
    /// Whether values can't be changed once they were made. Stores keep such values as objects; others as bytes, so that what a program changes in a value
    /// that it was given changes the store only when it is put. By default true of numbers, text, times, enums and the like, false of everything else.
    /// </summary>
    protected internal virtual bool ValuesAreImmutable => ImmutableValues.Include(typeof(T));

    /// <summary>
    /// Of a key's bytes those that decide its partition: all of them, unless keys that differ in the rest belong together (the windows of one key).
    /// </summary>
    /// <param name="key">What <see cref="Serialize"/> has written.</param>
    protected internal virtual ReadOnlySpan<byte> PartitionedBy(ReadOnlySpan<byte> key) => key;

    /// <summary>
    /// The serde for what one task reads or writes in one place: override it where bytes depend on the topic or on headers, as with a schema registry, and answer an instance that asks the
    /// context whenever it is called. By default nothing depends on them, and the answer is this serde.
    /// </summary>
    /// <param name="context">Topic and headers; one thread uses it and the answer.</param>
    protected internal virtual Serde<T> Bind(SerdeContext context) => this;

    /// <summary>
    /// Reads a value without throwing. Where bad input is common, override it: an exception costs some 10 µs.
    /// </summary>
    /// <param name="data">The bytes.</param>
    /// <param name="value">The value, when true is returned.</param>
    /// <param name="reason">Why not, when false is returned: a short, constant text that serves as a metric's tag.</param>
    public virtual bool TryDeserialize(ReadOnlySpan<byte> data, out T value, out string? reason)
    {
        try
        {
            value = Deserialize(data);
            reason = null;
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            value = default!;
            reason = e is SerdeException ? e.Message : e.GetType().Name;
            return false;
        }
    }
}
