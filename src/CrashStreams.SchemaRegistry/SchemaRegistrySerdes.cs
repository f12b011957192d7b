using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Confluent.SchemaRegistry.Serdes;
using CrashStreams.SchemaRegistry;
using Google.Protobuf;

namespace CrashStreams;

/// <summary>
/// Serdes whose schemas are in a registry, in the formats of Confluent's serializers for all languages: a magic byte and the schema's id, then the value. Registries are asked over HTTP when a schema is
/// new to the process; while one does not answer the application waits and tries again, and no record is taken for a bad one.
/// </summary>
public static class SchemaRegistrySerdes
{
    /// <summary>Avro, for types that <c>avrogen</c> has made (<c>ISpecificRecord</c>), <c>GenericRecord</c>, and Avro's primitive types.</summary>
    /// <param name="registry">The registry; the caller disposes of it after the application.</param>
    /// <param name="writing">How schemas are registered and named; by default they are registered under the topic's name.</param>
    /// <param name="reading">How they are looked up.</param>
    public static Serde<T> Avro<T>(ISchemaRegistryClient registry, AvroSerializerConfig? writing = null, AvroDeserializerConfig? reading = null) =>
        Of(new AvroSerializer<T>(registry, writing), new AvroDeserializer<T>(registry, reading));

    /// <summary>JSON whose schema, made of the type, is in the registry; values are written by Newtonsoft.Json and checked against the schema.</summary>
    /// <param name="registry">The registry; the caller disposes of it after the application.</param>
    /// <param name="writing">How schemas are registered and named; by default they are registered under the topic's name.</param>
    public static Serde<T> Json<T>(ISchemaRegistryClient registry, JsonSerializerConfig? writing = null)
        where T : class => Of(new JsonSerializer<T>(registry, writing), new JsonDeserializer<T>(registry));

    /// <summary>Protobuf, for messages that <c>protoc</c> has made. A value whose schema in the registry names another message is a bad record.</summary>
    /// <param name="registry">The registry; the caller disposes of it after the application.</param>
    /// <param name="subjects">How schemas are named; by default after the topic. Imported files have the subjects of their own names.</param>
    /// <param name="registersSchemas">Whether schemas that the registry does not have are registered; otherwise writing with one fails.</param>
    public static Serde<T> Protobuf<T>(ISchemaRegistryClient registry, SubjectNameStrategy subjects = SubjectNameStrategy.Topic, bool registersSchemas = true)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(registry);
        var format = new ProtobufFormat<T>(registry, subjects, registersSchemas);
        return Of(format, format);
    }

    /// <summary>A serializer and a deserializer of Confluent's client that may wait.</summary>
    /// <param name="serializer">Writes.</param>
    /// <param name="deserializer">Reads.</param>
    public static Serde<T> Of<T>(IAsyncSerializer<T> serializer, IAsyncDeserializer<T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        return new ConfluentSerde<T>(
            (value, context) => serializer.SerializeAsync(value, context).GetAwaiter().GetResult(),
            (data, context) => deserializer.DeserializeAsync(data.ToArray(), isNull: false, context).GetAwaiter().GetResult());
    }

    /// <summary>Likewise, for those that do not wait.</summary>
    /// <param name="serializer">Writes.</param>
    /// <param name="deserializer">Reads.</param>
    public static Serde<T> Of<T>(ISerializer<T> serializer, IDeserializer<T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        return new ConfluentSerde<T>(serializer.Serialize, (data, context) => deserializer.Deserialize(data, isNull: false, context));
    }
}
