using System.Diagnostics;
using System.Globalization;
using CrashStreams.Broker.Attacks.Wire;

namespace CrashStreams.Broker.Attacks;

/// <summary>
/// The producer and the consumer in a process of their own: in the attackers' they would measure how these use up their own memory and threads, not how the broker serves others.
/// </summary>
internal sealed class BystanderProcess : IDisposable
{
    private readonly Process _process;

    private BystanderProcess(Process process) => _process = process;

    public static BystanderProcess Start(Target target, TimeSpan time)
    {
        string[] arguments = ["beside", target.Port.ToString(CultureInfo.InvariantCulture), target.Password!, time.TotalSeconds.ToString(CultureInfo.InvariantCulture)];
        return new BystanderProcess(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!);
    }

    /// <summary>What they have noticed, when their time is over.</summary>
    public async Task<BystanderResult> ResultAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync() ?? throw new IOException("The bystanders' process ended without a result.");
        return BystanderResult.Parse(line);
    }

    /// <summary>The other side: produces and consumes for a while, then says what it has noticed.</summary>
    public static async Task ServeAsync(int port, string password, double seconds)
    {
        var bystanders = new Bystanders(new Target(port, password));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        await bystanders.RunAsync(stop.Token);
        Console.WriteLine(new BystanderResult(bystanders.Records, bystanders.Failures, bystanders.P99Ms, bystanders.MaxMs));
    }

    public void Dispose() => _process.Dispose();
}

/// <summary>What bystanders have noticed; as text: the four numbers.</summary>
internal sealed record BystanderResult(int Records, int Failures, double P99Ms, double MaxMs)
{
    public static BystanderResult Parse(string line)
    {
        var fields = line.Split(' ');
        return new(int.Parse(fields[0], CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture),
            double.Parse(fields[2], CultureInfo.InvariantCulture), double.Parse(fields[3], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Records} {Failures} {P99Ms:R} {MaxMs:R}");
}
