using System.Diagnostics;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>What tests of a log share: clients that end with the test, topics of its own, and reading until something is there.</summary>
public abstract class LogTest : IDisposable
{
    protected static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    protected static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);
    private static readonly string Run = Guid.NewGuid().ToString("N")[..6];
    private static int s_names;
    private readonly Stack<IDisposable> _open = [];

    protected abstract IKafkaBroker Broker { get; }

    // An open transaction is not to be aborted before a slow machine has come to its end.
    protected KafkaOptions Options => new()
    {
        BootstrapServers = Broker.BootstrapServers, GroupProtocol = Protocol, SessionTimeout = TimeSpan.FromSeconds(6), TransactionTimeout = TimeSpan.FromMinutes(5),
        Fetching = Fetching,
    };

    protected virtual FetchPath Fetching => FetchPath.Own;

    protected virtual GroupProtocol Protocol => GroupProtocol.Consumer;

    protected ILogClients Clients => new KafkaLogClients(Options);

    protected static string NewName(string what) => $"{what}-{Run}-{Interlocked.Increment(ref s_names)}";

    /// <summary>Ends what the test itself started, after its clients have ended.</summary>
    protected virtual void Stop()
    {
    }

    protected T Open<T>(T client)
        where T : IDisposable
    {
        _open.Push(client);
        return client;
    }

    /// <summary>Records of tests may be of any time: without a limit the broker would delete those that are older than a week.</summary>
    protected async Task<string> NewTopic(int partitions = 1, params (string Name, string Value)[] configs)
    {
        var topic = NewName("topic");
        var all = configs.Prepend(("retention.ms", "-1")).ToDictionary();
        await Open(Clients.CreateAdmin("admin")).CreateTopicsAsync([new(topic, partitions, all)], default);
        return topic;
    }

    protected ILogProducer NewProducer(string? transactionalId = null) => Open(Clients.CreateProducer(NewName("producer"), transactionalId));

    protected ILogConsumer NewReader(string topic, bool readCommitted = true, int partitions = 1, long from = 0)
    {
        var reader = Open(Clients.CreateRestoreConsumer(NewName("reader"), readCommitted));
        reader.Assign(Enumerable.Range(0, partitions).ToDictionary(p => new TopicPartition(topic, p), _ => from));
        return reader;
    }

    protected static LogRecord Record(string? key, string? value, long timestamp = 1_000, Headers? headers = null) => new()
    {
        HasKey = key is not null,
        Key = key is null ? default : Encoding.UTF8.GetBytes(key),
        HasValue = value is not null,
        Value = value is null ? default : Encoding.UTF8.GetBytes(value),
        Timestamp = timestamp,
        Headers = headers,
    };

    protected static void Send(ILogProducer producer, string topic, int partition, params string[] values)
    {
        foreach (var value in values)
            producer.Send(topic, partition, Record(null, value));
        producer.Flush();
    }

    /// <summary>Polls until so many records came.</summary>
    protected static List<Read> ReadAll(ILogConsumer consumer, int count)
    {
        var records = new List<Read>();
        Until(() => Collect(consumer, records) >= count, () => $"{records.Count} of {count} records came");
        return records;
    }

    protected static int Collect(ILogConsumer consumer, List<Read> records)
    {
        var batch = consumer.Poll(Wait);
        for (var i = 0; i < batch.Count; i++)
            records.Add(Read.Of(batch, i));
        return records.Count;
    }

    /// <summary>Repeats until the condition holds; each round of it polls, which is where the waiting is.</summary>
    protected static void Until(Func<bool> condition, Func<string>? otherwise = null)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
            if (watch.Elapsed > Patience)
                Assert.Fail($"Waited {Patience.TotalSeconds} s: {otherwise?.Invoke()}");
    }

    protected static LogException? FailureOf(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (LogException e)
        {
            return e;
        }
    }

    public void Dispose()
    {
        while (_open.TryPop(out var client))
            client.Dispose();
        Stop();
        GC.SuppressFinalize(this);
    }

    protected static bool Polled(params ILogConsumer[] consumers)
    {
        foreach (var consumer in consumers)
            consumer.Poll(TimeSpan.FromMilliseconds(20));
        return true;
    }
}
