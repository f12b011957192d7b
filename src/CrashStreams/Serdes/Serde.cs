using System.Buffers;

namespace CrashStreams;

/// <summary>
/// Turns values into bytes and back. Null is not its business: a null key or value has no bytes, and the engine never asks.
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
    /// Of a key's bytes those that decide its partition: all of them, unless keys that differ in the rest belong together (the windows of one key).
    /// </summary>
    /// <param name="key">What <see cref="Serialize"/> has written.</param>
    protected internal virtual ReadOnlySpan<byte> PartitionedBy(ReadOnlySpan<byte> key) => key;

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
