using CrashStreams.Broker.Attacks.Attacks;

namespace CrashStreams.Broker.Attacks;

/// <summary>Each attack for a while, on a broker of its own, and what a producer and a consumer beside it notice.</summary>
internal static class AttackRun
{
    private const double MostP99Ms = 100;
    private const double MostMegabytes = 300;

    public static readonly Attack[] All =
    [
        new NoAttack(), new ForgottenInReverse(), new RepeatedPartition(), new Flood(), new ManyProtocols(), Heartbeats.WithSlowPatterns(), Heartbeats.OfACrowd(), new RepeatedTopic(), new UnreadAnswers(),
        new LargeTokens(), new PasswordGuesses(), new Silence(), new AbandonedFetches(), new HalfOfALargeRequest(),
        new EndlessTransaction(), new ManyGroups(), new ManyProducers(), new TwiceAndEscapes(),
        Heartbeats.WithManyCharacters(), Heartbeats.WithOtherNames(), new EmptySubscriptions(), new LongLists(), new ScatteredBatches(), new Bombs(), new GrowingTransactions(), new ManyConfigs(), new SlowReaders(), new ManyTopics(),
    ];

    /// <param name="attacks">Those to run.</param>
    /// <param name="time">How long each takes.</param>
    /// <param name="broker">The program that is attacked; null for the one beside this program.</param>
    /// <returns>False when a target was missed.</returns>
    public static async Task<bool> RunAsync(IEnumerable<Attack> attacks, TimeSpan time, string? broker)
    {
        Console.WriteLine($"Each attack for {time.TotalSeconds:0} s beside 1,000 records/s; targets: p99 under {MostP99Ms} ms, memory under {MostMegabytes} MB.");
        Console.WriteLine($"{"attack",-12} {"records",8} {"p99 ms",8} {"max ms",8} {"memory MB",10} {"CPU %",6}");
        var isGood = true;
        foreach (var attack in attacks)
            isGood &= await RunOneAsync(attack, time, broker);
        return isGood;
    }

    private static async Task<bool> RunOneAsync(Attack attack, TimeSpan time, string? broker)
    {
        using var victim = await VictimProcess.StartAsync(broker);
        using var beside = BystanderProcess.Start(victim.Target, time + TimeSpan.FromSeconds(2));
        var serving = beside.ResultAsync();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var before = victim.ProcessorTime;
        using var endOfAttack = new CancellationTokenSource(time);
        await Task.WhenAll(Enumerable.Range(0, attack.Clients).Select(_ => Task.Run(() => attack.RunAsync(victim.Target, endOfAttack.Token))));
        var processor = 100 * (victim.ProcessorTime - before) / time;
        var bystanders = await serving;
        var isGood = !victim.HasEnded && bystanders.Failures == 0 && bystanders.P99Ms < MostP99Ms && victim.MostMegabytes < MostMegabytes;
        Console.WriteLine($"{attack.Name,-12} {bystanders.Records,8} {bystanders.P99Ms,8:0.0} {bystanders.MaxMs,8:0} {victim.MostMegabytes,10:0} {processor,6:0} {(isGood ? "pass" : "MISS")}  {attack.Description}{Failed()}");
        return isGood;

        string Failed() => victim.HasEnded ? "; THE BROKER ENDED" : bystanders.Failures > 0 ? $"; {bystanders.Failures} requests of the bystanders failed" : "";
    }
}
