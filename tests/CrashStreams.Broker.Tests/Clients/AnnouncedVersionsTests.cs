using System.Buffers.Binary;
using System.Collections;
using System.Net.Sockets;
using System.Reflection;
using CrashStreams.Broker.Tests.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>What the broker says it serves, it serves: a request of every version of every API that it announces is answered in that version.</summary>
public sealed class AnnouncedVersionsTests : IAsyncLifetime
{
    private const string Topic = "t";
    private EmbeddedBroker _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await EmbeddedBroker.StartAsync(new BrokerOptions());

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Every_announced_version_is_answered()
    {
        await _broker.CreateTopicAsync(Topic, 1);
        using var client = new TcpClient("127.0.0.1", _broker.Port);
        var stream = client.GetStream();
        var announced = (ApiVersionsResponse)await Ask(stream, ApiKey.ApiVersions, 4, new ApiVersionsRequest { ClientSoftwareName = "walk", ClientSoftwareVersion = "1" });
        announced.ApiKeys.Should().HaveCountGreaterThan(40);

        foreach (var api in announced.ApiKeys)
        {
            var key = (ApiKey)api.ApiKey;
            for (var version = api.MinVersion; version <= api.MaxVersion; version++)
            {
                var id = await TopicId(stream);
                var response = await Ask(stream, key, version, Request(key, version, id));
                Errors(response).Should().NotContain(ErrorCode.UnsupportedVersion, $"{key} v{version} is announced")
                    .And.NotContain(ErrorCode.UnknownServerError, $"{key} v{version} was understood");
            }
        }
    }

    /// <summary>The topic's id; when a request has deleted the topic, that of the one that takes its place.</summary>
    private async Task<Guid> TopicId(NetworkStream stream)
    {
        while (true)
        {
            var metadata = (MetadataResponse)await Ask(stream, ApiKey.Metadata, 12, new MetadataRequest { Topics = [new() { Name = Topic }] });
            if (metadata.Topics[0].ErrorCode == ErrorCode.None)
                return metadata.Topics[0].TopicId;
            await _broker.CreateTopicAsync(Topic, 1);
        }
    }

    private static object Request(ApiKey key, short version, Guid topicId)
    {
        var request = Fill(TypeOf($"{key}Request"), topicId);
        if (request is ProduceRequest produce)
        {
            (produce.Acks, produce.TransactionalId) = (-1, null);
            produce.TopicData[0].PartitionData[0].Records = new(TestBatch.Of($"by version {version}"));
        }

        return request;
    }

    /// <summary>A request with one element in every list, so that all of its structs are on the wire.</summary>
    private static object Fill(Type type, Guid topicId)
    {
        var message = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            if (Value(property.PropertyType, topicId) is { } value)
                property.SetValue(message, value);
        }

        return message;
    }

    private static object? Value(Type type, Guid topicId)
    {
        if (type == typeof(string))
            return Topic;
        if (type == typeof(Guid))
            return topicId;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>))
        {
            var list = (IList)Activator.CreateInstance(type)!;
            var element = type.GetGenericArguments()[0];
            list.Add(Value(element, topicId) ?? Activator.CreateInstance(element));
            return list;
        }

        return type.IsClass && type.Namespace == typeof(ProduceRequest).Namespace ? Fill(type, topicId) : null;
    }

    private static async Task<object> Ask(NetworkStream stream, ApiKey key, short version, object request)
    {
        await stream.WriteAsync(Frame(key, version, request));
        var length = new byte[sizeof(int)];
        byte[] answer;
        try
        {
            await stream.ReadExactlyAsync(length).AsTask().WaitAsync(Client.Patience);
            answer = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(Client.Patience);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new InvalidOperationException($"{key} v{version} was not answered: {e.Message}", e);
        }

        return Decode(key, version, answer);
    }

    private static byte[] Frame(ApiKey key, short version, object request)
    {
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        new RequestHeader(SupportedApis.Of(key), version, (short)key, "walk").Write(ref writer);
        Codec(nameof(Write), request.GetType()).CreateDelegate<WriteBody>()(ref writer, version, request);
        var body = buffer.ToArray();
        var frame = new byte[sizeof(int) + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, sizeof(int));
        return frame;
    }

    private static object Decode(ApiKey key, short version, byte[] answer)
    {
        var reader = new WireReader(answer);
        ResponseHeader.Read(ref reader, SupportedApis.Of(key), version).Should().Be((short)key, $"{key} v{version} is what was asked");
        var response = Codec(nameof(Read), TypeOf($"{key}Response")).CreateDelegate<ReadBody>()(ref reader, version);
        reader.Remaining.Should().Be(0, $"the answer to {key} v{version} ends with its last field");
        return response;
    }

    /// <summary>All error codes in an answer, at any depth.</summary>
    private static IEnumerable<ErrorCode> Errors(object message)
    {
        foreach (var property in message.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            switch (property.GetValue(message))
            {
                case ErrorCode error:
                    yield return error;
                    break;
                case IList list:
                    foreach (var error in list.OfType<object>().Where(IsMessage).SelectMany(Errors))
                        yield return error;
                    break;
                case { } inner when IsMessage(inner):
                    foreach (var error in Errors(inner))
                        yield return error;
                    break;
            }
        }
    }

    private static bool IsMessage(object value) => value.GetType().Namespace == typeof(ProduceRequest).Namespace;

    private static Type TypeOf(string message) => typeof(ProduceRequest).Assembly.GetType($"{typeof(ProduceRequest).Namespace}.{message}", throwOnError: true)!;

    private static MethodInfo Codec(string method, Type message) =>
        typeof(AnnouncedVersionsTests).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(message);

    private delegate void WriteBody(ref WireWriter writer, short version, object message);

    private delegate object ReadBody(ref WireReader reader, short version);

    private static void Write<T>(ref WireWriter writer, short version, object message)
        where T : class, IWireStruct<T> => ((T)message).Write(ref writer, version);

    private static object Read<T>(ref WireReader reader, short version)
        where T : class, IWireStruct<T> => T.Read(ref reader, version);
}
