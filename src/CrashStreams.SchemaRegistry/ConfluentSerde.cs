using System.Buffers;
using System.Net;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using CrashStreams.Log;
using ConfluentHeaders = Confluent.Kafka.Headers;

namespace CrashStreams.SchemaRegistry;

/// <summary>Reads a value as Confluent's client does.</summary>
internal delegate T Reader<out T>(ReadOnlySpan<byte> data, SerializationContext context);

/// <summary>
/// What was written for Confluent's client, as a serde. Its subjects are named after topics. What asks for bytes without having a topic (a query by key, a comparison of keys) uses the first topic
/// that the serde was bound to: the same schema has the same id under every subject.
/// </summary>
internal sealed class ConfluentSerde<T>(Func<T, SerializationContext, byte[]> write, Reader<T> read) : Serde<T>
{
    // Any thread may bind first; all of them see a topic of the topology.
    private SerdeContext? _first;

    protected override Serde<T> Bind(SerdeContext context)
    {
        Interlocked.CompareExchange(ref _first, context, null);
        return new Bound(this, context);
    }

    public override T Deserialize(ReadOnlySpan<byte> data) => Read(data, Volatile.Read(ref _first));

    public override void Serialize(T value, IBufferWriter<byte> output) => Write(value, output, Volatile.Read(ref _first)
        ?? throw new InvalidOperationException("A serde of a schema registry names its subjects after topics: it has to be part of a topology before it can write."));

    private T Read(ReadOnlySpan<byte> data, SerdeContext? context)
    {
        try
        {
            return read(data, new(Component(context), context?.Topic ?? "", ToConfluent(context?.Headers)));
        }
        catch (Exception e) when (e is not SerdeException)
        {
            throw Told(e, "not-readable");
        }
    }

    private void Write(T value, IBufferWriter<byte> output, SerdeContext context)
    {
        var headers = ToConfluent(context.Headers);
        var before = headers?.Count ?? 0;
        byte[] bytes;
        try
        {
            bytes = write(value, new(Component(context), context.Topic, headers));
        }
        catch (Exception e) when (e is not SerdeException)
        {
            throw Told(e, "not-writable");
        }

        for (var i = before; i < headers?.Count; i++)
            context.Headers!.Add(headers[i].Key, headers[i].GetValueBytes());
        output.Write(bytes);
    }

    // A registry that does not answer is no fault of the record: the thread begins again from what is committed.
    private static Exception Told(Exception fault, string reason)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is SchemaRegistryException answer ? IsNoAnswer(answer.Status) : cause is HttpRequestException or TaskCanceledException or IOException)
                return new LogException($"The schema registry does not answer: {cause.Message}", fault) { IsRetriable = true };
        }

        return new SerdeException(reason, fault);
    }

    // Credentials can be put right while the application waits.
    private static bool IsNoAnswer(HttpStatusCode status) =>
        status is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;

    private static MessageComponentType Component(SerdeContext? context) => context is { IsKey: true } ? MessageComponentType.Key : MessageComponentType.Value;

    private static ConfluentHeaders? ToConfluent(Log.Headers? headers)
    {
        if (headers is null)
            return null;
        var copy = new ConfluentHeaders();
        foreach (var (name, value) in headers)
            copy.Add(name, value);
        return copy;
    }

    /// <summary>The serde in one place of a task.</summary>
    private sealed class Bound(ConfluentSerde<T> serde, SerdeContext context) : Serde<T>
    {
        public override T Deserialize(ReadOnlySpan<byte> data) => serde.Read(data, context);

        public override bool TryDeserialize(ReadOnlySpan<byte> data, out T value, out string? reason)
        {
            try
            {
                (value, reason) = (Deserialize(data), null);
                return true;
            }
            catch (SerdeException e)
            {
                (value, reason) = (default!, e.Message);
                return false;
            }
        }

        public override void Serialize(T value, IBufferWriter<byte> output) => serde.Write(value, output, context);
    }
}
