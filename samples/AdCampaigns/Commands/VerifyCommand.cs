using System.CommandLine;
using System.Text;
using CrashStreams.Log;
using CrashStreams.Samples.AdCampaigns.Latency;
using CrashStreams.Samples.AdCampaigns.Verification;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.AdCampaigns.Commands;

/// <summary><c>verify</c>: recomputes the results and compares; shows their latencies.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var options = new CampaignArguments();
        var rows = new RowsOption("Differences to show", 10);
        var command = new ExampleCommand(
            "verify", "Recomputes the results from the events, independently of the engine, compares, and shows how long the results took. Give it the options of run. Exit code 0: all is right; 1: something differs, or there is no input.",
            "ad-campaigns verify")
        {
            rows,
        };
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (chosen, shown) = (options.Read(arguments), rows.Read(arguments));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            var exitCode = await CompareAsync(clients, chosen, shown, cancellation);
            LatencyTable.Write(Console.Out, "window", await LatencyReport.ReadAsync(clients, chosen.Results, "all", cancellation));
            return exitCode;
        });
        return command;
    }

    public static async Task<int> CompareAsync(ILogClients clients, CampaignOptions options, int rows, CancellationToken cancellation)
    {
        var oracle = new CampaignOracle(options.Grace, TimeProvider.System.GetUtcNow() + options.MaxFuture);
        await TopicScan.ReadAsync(
            clients, options.Ads, (TopicPartition _, in LogRecord ad) => oracle.AddAd(Encoding.UTF8.GetString(ad.Key), ad.HasValue ? Encoding.UTF8.GetString(ad.Value) : null), progress: null, cancellation);
        using (var steps = new Steps("verify", TimeProvider.System))
            await TopicScan.ReadAsync(clients, options.Events, (TopicPartition partition, in LogRecord read) => oracle.Add(partition.Partition, read.Value.ToArray()), steps, cancellation);
        var check = new RowCheck(options.Results);
        oracle.Expect(check);
        await check.FindInTopicAsync(clients, options.Results, cancellation);
        Console.WriteLine($"{oracle.Events} events: {oracle.Malformed} malformed or refused, {oracle.UnknownAds} of unknown ads, {oracle.Late} late");
        var isRight = check.Write(Console.Out, rows);
        if (oracle.Events == 0)
            Console.WriteLine("There is no input: nothing was verified.");
        return isRight && oracle.Events > 0 ? ExitCode.Success : ExitCode.NotVerified;
    }
}
