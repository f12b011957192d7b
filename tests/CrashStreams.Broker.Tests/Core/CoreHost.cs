using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Faults;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;
using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>The broker's core without sockets and threads: a request is a call, and time moves when a test says so.</summary>
internal sealed class CoreHost
{
    private readonly FakeTimeProvider _time;
    private readonly Session _session = new();

    public CoreHost(BrokerOptions? options = null, IStorage? storage = null, IWorkers? workers = null, bool isSlow = false)
    {
        var start = DateTimeOffset.FromUnixTimeMilliseconds(1_000_000);
        _time = isSlow ? new SlowTime(start) : new FakeTimeProvider(start);
        Timers = new Timers(_time);
        Core = new BrokerCore(options ?? new BrokerOptions(), storage ?? new MemoryStorage(), Timers, workers ?? new InlineWorkers(), new Random(1), new NodeAddress(1, "test", 9092), new BrokerFaults());
    }

    public BrokerCore Core { get; }

    public Timers Timers { get; }

    public bool IsSessionClosed => _session.IsClosed;

    /// <summary>Sends a request as a client would, through bytes; the answer may come later. Other requests can be in the same turn of the loop.</summary>
    public Answer<TResponse> Send<TRequest, TResponse>(TRequest request, short? version = null, bool endsTurn = true)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse>
    {
        var api = SupportedApis.Of(TRequest.ApiKey);
        var used = version ?? api.Last;
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        request.Write(ref writer, used);
        var reader = new WireReader(buffer.ToArray());
        var endpoint = Core.Apis.Find(TRequest.ApiKey)!;
        var answer = new Answer<TResponse>();
        var context = new RequestContext(api, used, new ClientIdentity("client", "/127.0.0.1"), _session);
        endpoint.Handle(endpoint.Decode(ref reader, used), context, response =>
        {
            answer.IsThere = true;
            answer.Value = (TResponse?)response;
        });
        if (endsTurn)
            Core.EndTurn();
        return answer;
    }

    /// <summary>Decodes a frame and hands it to its API; whatever the answer, it must be encodable.</summary>
    public void SendFrame(byte[] frame)
    {
        var reader = new WireReader(frame);
        var header = RequestHeader.Read(ref reader);
        if (!header.IsSupported || Core.Apis.Find(header.Api.Key) is not { } endpoint)
            throw new ProtocolException("Not served.");
        var context = new RequestContext(header.Api, header.Version, new ClientIdentity(header.ClientId ?? "", "/127.0.0.1"), _session);
        endpoint.Handle(endpoint.Decode(ref reader, header.Version), context, response =>
        {
            using var buffer = new WireBuffer();
            var writer = new WireWriter(buffer);
            response?.Write(ref writer, header.Version);
        });
        Core.EndTurn();
    }

    public Topic CreateTopic(string name, int partitions, TopicConfigs? configs = null)
    {
        Topic? created = null;
        Core.Topics.Create(name, partitions, configs ?? TopicConfigs.None, (topic, failure) => created = topic ?? throw failure!);
        return created!;
    }

    public void Advance(int ms)
    {
        _time.Advance(TimeSpan.FromMilliseconds(ms));
        Timers.RunDue();
        Core.EndTurn();
    }

    public static RecordsField Batch(params string[] values)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in values)
            builder.Append(1_000_000, "k"u8.ToArray(), System.Text.Encoding.UTF8.GetBytes(value));
        return new RecordsField(builder.Build().ToArray());
    }

    /// <summary>On a machine so slow that a millisecond has passed with each look at the clock.</summary>
    private sealed class SlowTime(DateTimeOffset start) : FakeTimeProvider(start)
    {
        public override long GetTimestamp()
        {
            Advance(TimeSpan.FromMilliseconds(1));
            return base.GetTimestamp();
        }
    }

    /// <summary>Does all work at once; what the work's end asks for comes after it.</summary>
    private sealed class InlineWorkers : IWorkers
    {
        private readonly Queue<Action> _queued = new();
        private bool _isRunning;

        public void Run(Action work, Action<Exception?> done)
        {
            _queued.Enqueue(() =>
            {
                Exception? failure = null;
                try
                {
                    work();
                }
                catch (Exception error)
                {
                    failure = error;
                }
                done(failure);
            });
            if (_isRunning)
                return;
            _isRunning = true;
            while (_queued.TryDequeue(out var next))
                next();
            _isRunning = false;
        }
    }

    private sealed class Session : IClientSession
    {
        public Server.Authentication? Authentication => null;

        public bool IsClosed { get; private set; }

        public void Await(IWaiting waiting)
        {
        }

        public void Charge(long bytes)
        {
        }

        public void GiveWay()
        {
        }

        public void EndWait()
        {
        }

        public void Close() => IsClosed = true;
    }
}

internal sealed class Answer<TResponse>
    where TResponse : class
{
    public bool IsThere { get; set; }

    public TResponse? Value { get; set; }

    public TResponse Now => IsThere ? Value! : throw new InvalidOperationException("There is no answer yet.");
}
