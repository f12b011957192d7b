using Confluent.Kafka;

namespace CrashStreams.Broker.Chaos;

/// <summary>Transactions over all partitions, with offsets, ended one way or the other, and what became of each.</summary>
internal sealed class TransactionalLoad(string bootstrapServers, string topic, int seed)
{
    private const int RecordsPerTransaction = 9;
    private const string Group = "transactional-offsets";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private enum Outcome
    {
        Aborted,
        Committed,

        /// <summary>The producer lost its transaction while it committed: all of it may be there, or nothing.</summary>
        Unknown,
    }

    // Written by the thread of Run, read when it has ended; the counts are read while it runs.
    private readonly List<Outcome> _outcomes = [];
    private readonly int[] _counts = new int[3];
    private readonly Random _random = new(seed);

    public int Committed => Volatile.Read(ref _counts[(int)Outcome.Committed]);

    public int Aborted => Volatile.Read(ref _counts[(int)Outcome.Aborted]);

    public int Unknown => Volatile.Read(ref _counts[(int)Outcome.Unknown]);

    public int Ended => Committed + Aborted + Unknown;

    public void Run(CancellationToken stop)
    {
        var config = new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = Group };
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        while (!stop.IsCancellationRequested)
        {
            using var producer = Clients.Producer(new ProducerConfig(Clients.ProducerConfig(bootstrapServers)) { TransactionalId = "chaos", TransactionTimeoutMs = 120_000 });
            Retried(() => producer.InitTransactions(Patience));
            while (!stop.IsCancellationRequested && RunOne(producer, consumer.ConsumerGroupMetadata))
            {
            }
        }
    }

    /// <summary>False when the producer is of no more use.</summary>
    private bool RunOne(IProducer<Null, long> producer, IConsumerGroupMetadata group)
    {
        var number = _outcomes.Count;
        var commits = _random.Next(4) > 0;
        var outcome = Outcome.Aborted;
        try
        {
            producer.BeginTransaction();
            for (var i = 0; i < RecordsPerTransaction; i++)
                producer.Produce(new TopicPartition(topic, i % ChaosRun.Partitions), new Message<Null, long> { Value = ((long)number * RecordsPerTransaction) + i });
            Retried(() => producer.SendOffsetsToTransaction([new TopicPartitionOffset(topic, 0, number)], group, Patience));
            if (commits)
            {
                outcome = Outcome.Unknown;
                Retried(() => producer.CommitTransaction(Patience));
                outcome = Outcome.Committed;
            }
            else
            {
                producer.Flush(Patience);
                Retried(() => producer.AbortTransaction(Patience));
            }
            return true;
        }
        catch (KafkaTxnRequiresAbortException)
        {
            if (!TryAbort(producer))
                return false;
            outcome = Outcome.Aborted;
            return true;
        }
        catch (KafkaException)
        {
            return false;
        }
        finally
        {
            _outcomes.Add(outcome);
            Interlocked.Increment(ref _counts[(int)outcome]);
        }
    }

    /// <summary>False when the broker has ended the transaction already, because its time was over.</summary>
    private static bool TryAbort(IProducer<Null, long> producer)
    {
        try
        {
            Retried(() => producer.AbortTransaction(Patience));
            return true;
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    private static void Retried(Action call)
    {
        while (true)
        {
            try
            {
                call();
                return;
            }
            catch (KafkaRetriableException)
            {
                // The broker is away; it comes back.
            }
        }
    }

    /// <summary>Committed transactions are there as a whole and once, in order; aborted ones are not; offsets went with them.</summary>
    public IEnumerable<string> Check()
    {
        if (Committed == 0 || Aborted == 0)
            yield return $"{topic}: {Committed} transactions were committed and {Aborted} aborted: nothing was shown.";
        var stored = Clients.ReadAll(bootstrapServers, topic);
        for (var partition = 0; partition < ChaosRun.Partitions; partition++)
            for (var i = 1; i < stored[partition].Count; i++)
                if (stored[partition][i].Value <= stored[partition][i - 1].Value)
                    yield return $"{topic}-{partition}: value {stored[partition][i].Value} at offset {stored[partition][i].Offset} follows {stored[partition][i - 1].Value}.";

        var counts = stored.SelectMany(records => records).GroupBy(record => record.Value / RecordsPerTransaction).ToDictionary(group => group.Key, group => group.Count());
        var lastVisible = -1L;
        for (var number = 0; number < _outcomes.Count; number++)
        {
            var count = counts.GetValueOrDefault(number);
            if (count > 0)
                lastVisible = number;
            var isRight = _outcomes[number] switch
            {
                Outcome.Committed => count == RecordsPerTransaction,
                Outcome.Aborted => count == 0,
                _ => count is 0 or RecordsPerTransaction,
            };
            if (!isRight)
                yield return $"{topic}: transaction {number} ({_outcomes[number]}) shows {count} of {RecordsPerTransaction} records.";
        }

        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = Group }).Build();
        var committed = consumer.Committed([new TopicPartition(topic, 0)], Patience)[0].Offset;
        if (lastVisible >= 0 && committed != lastVisible)
            yield return $"{topic}: the last visible transaction is {lastVisible}, but the group's offset is {committed}.";
    }
}
