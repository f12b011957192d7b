using System.Diagnostics;

namespace CrashStreams.Broker.Chaos;

/// <summary>Ends the broker's process without notice, again and again, while clients produce; then looks at what is there.</summary>
public sealed class ChaosRun(string dataDirectory, int kills, int seed, Action<string> progress)
{
    internal const int Partitions = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What went wrong; nothing, when the broker keeps its word.</summary>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        var random = new Random(seed);
        var broker = await BrokerProcess.StartAsync(dataDirectory);
        try
        {
            await Clients.CreateTopicsAsync(broker.BootstrapServers, "idempotent", "transactional");
            var idempotent = new IdempotentLoad(broker.BootstrapServers, "idempotent");
            var transactional = new TransactionalLoad(broker.BootstrapServers, "transactional", seed);
            using var stop = new CancellationTokenSource();
            Task[] loads = [Background(() => idempotent.Run(stop.Token)), Background(() => transactional.Run(stop.Token))];
            var starts = new List<double>();
            for (var kill = 1; kill <= kills; kill++)
            {
                await MoreAsync(() => idempotent.Acknowledged, loads);

                // librdkafka takes about 0.5 s to find its coordinator again. One kill in four doesn't wait for that.
                if (random.Next(4) > 0)
                    await MoreAsync(() => transactional.Ended, loads);
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(300)), TimeProvider.System);
                await broker.KillAsync();
                broker.Dispose();
                var clock = Stopwatch.StartNew();
                broker = await BrokerProcess.StartAsync(dataDirectory, broker.Port);
                starts.Add(clock.Elapsed.TotalMilliseconds);
                if (kill % 10 == 0 || kill == kills)
                    progress($"{kill} kills: {idempotent.Acknowledged} records acknowledged; transactions: {transactional.Committed} committed, {transactional.Aborted} aborted, {transactional.Unknown} unknown; start {starts.Order().ElementAt(starts.Count / 2):0} ms (median)");
            }
            await stop.CancelAsync();
            await Task.WhenAll(loads);
            return [.. idempotent.Check(), .. transactional.Check()];
        }
        finally
        {
            broker.Dispose();
        }
    }

    private static Task Background(Action load) => Task.Factory.StartNew(load, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Waits for progress since the broker's start: a kill before that would test nothing.</summary>
    private static async Task MoreAsync(Func<long> count, Task[] loads)
    {
        var before = count();
        for (var clock = Stopwatch.StartNew(); count() == before;)
        {
            foreach (var load in loads.Where(load => load.IsFaulted))
                await load;
            if (clock.Elapsed > Patience)
                throw new TimeoutException($"The clients made no progress for {Patience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
