using System.Buffers.Binary;
using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CrashStreams.SchemaRegistry;

/// <summary>
/// Protobuf as Confluent's serializers write it. The schema is a .proto file, which may have several messages, so the bytes say which one it is:
/// <code>
/// 0 | schema id, 4 bytes big-endian | message indexes | message
/// </code>
/// The indexes lead from the file to the message through those that it is nested in: their number, then each, as zigzag varints; a file's first message is a single 0.
/// Schemas are registered as Confluent's .NET client does it: the file's descriptor in Base64, and each file that it imports under the subject of its own name.
/// </summary>
internal sealed class ProtobufFormat<T>(ISchemaRegistryClient registry, SubjectNameStrategy subjects, bool registersSchemas) : IAsyncSerializer<T>, IAsyncDeserializer<T>
    where T : class, IMessage<T>, new()
{
    private const byte Magic = 0;
    private const int IdAt = 1;
    private const int IndexesAt = 5;

    // Comes with every implementation of Protobuf.
    private const string WellKnown = "google/protobuf/";

    private static readonly MessageDescriptor _message = new T().Descriptor;
    private static readonly MessageParser<T> _parser = new(static () => new T());
    private static readonly byte[] _indexes = MessageIndexes.Encode(_message);

    // Threads of an application share the serde.
    private readonly ConcurrentDictionary<string, int> _ids = [];
    private readonly ConcurrentDictionary<(int Id, string Indexes), string?> _names = [];

    public async Task<byte[]> SerializeAsync(T data, SerializationContext context)
    {
        var subject = SubjectOf(context);
        if (!_ids.TryGetValue(subject, out var id))
            _ids[subject] = id = (await IdOfAsync(subject, _message.File).ConfigureAwait(false)).Id;
        var length = IndexesAt + _indexes.Length;
        var bytes = new byte[length + data.CalculateSize()];
        bytes[0] = Magic;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(IdAt), id);
        _indexes.CopyTo(bytes, IndexesAt);
        data.WriteTo(bytes.AsSpan(length));
        return bytes;
    }

    public async Task<T> DeserializeAsync(ReadOnlyMemory<byte> data, bool isNull, SerializationContext context)
    {
        if (data.Length <= IndexesAt || data.Span[0] != Magic)
            throw new SerdeException("not-of-a-registry");
        var id = BinaryPrimitives.ReadInt32BigEndian(data.Span[IdAt..]);
        var (indexes, length) = MessageIndexes.Decode(data.Span[IndexesAt..]);
        var key = (id, string.Join('.', indexes));
        if (!_names.TryGetValue(key, out var name))
            _names[key] = name = await NameOfAsync(id, indexes).ConfigureAwait(false);
        // Parsing would not notice: fields of another message that have the same numbers would be taken for those of this one.
        if (name != _message.FullName)
            throw new SerdeException("other-message-type");
        return _parser.ParseFrom(data.Span[(IndexesAt + length)..]);
    }

    private string SubjectOf(SerializationContext context)
    {
        var part = context.Component == MessageComponentType.Key ? "key" : "value";
        return subjects switch
        {
            SubjectNameStrategy.Record => _message.FullName,
            SubjectNameStrategy.TopicRecord => $"{context.Topic}-{_message.FullName}",
            _ => $"{context.Topic}-{part}",
        };
    }

    private async Task<(int Id, int Version)> IdOfAsync(string subject, FileDescriptor file)
    {
        var references = new List<SchemaReference>();
        foreach (var imported in file.Dependencies.Where(static d => !d.Name.StartsWith(WellKnown, StringComparison.Ordinal)))
            references.Add(new(imported.Name, imported.Name, (await IdOfAsync(imported.Name, imported).ConfigureAwait(false)).Version));
        var schema = new Schema(file.SerializedData.ToBase64(), references, SchemaType.Protobuf);
        if (registersSchemas)
            await registry.RegisterSchemaAsync(subject, schema).ConfigureAwait(false);
        var registered = await registry.LookupSchemaAsync(subject, schema, ignoreDeletedSchemas: true).ConfigureAwait(false);
        return (registered.Id, registered.Version);
    }

    private async Task<string?> NameOfAsync(int id, IReadOnlyList<int> indexes)
    {
        var schema = await registry.GetSchemaAsync(id, "serialized").ConfigureAwait(false);
        return schema.SchemaType == SchemaType.Protobuf
            ? MessageIndexes.NameIn(FileDescriptorProto.Parser.ParseFrom(Convert.FromBase64String(schema.SchemaString)), indexes)
            : throw new SerdeException("not-a-protobuf-schema");
    }
}
