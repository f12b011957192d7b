using System.Globalization;
using CrashStreams.Suite.Brokers;

namespace CrashStreams.Suite.Latency;

/// <summary>What <c>bench latency</c> runs.</summary>
/// <param name="Command">As it was called.</param>
/// <param name="Broker">Which broker.</param>
/// <param name="Seconds">How long each measurement lasts, after three seconds that don't count.</param>
/// <param name="Rates">Records a second.</param>
/// <param name="Only">Runs only cases with this in their names.</param>
/// <param name="Json">Where the results are written; null: nowhere.</param>
internal sealed record LatencyOptions(string Command, BrokerOptions Broker, int Seconds, IReadOnlyList<int> Rates, string Only, string? Json)
{
    public static LatencyOptions Parse(Arguments arguments)
    {
        var broker = BrokerOptions.Parse(arguments, "embedded");
        var (seconds, rates, only) = (arguments.Number("seconds", 8), arguments.Text("rates", "1000,10000,100000"), arguments.Text("only", ""));
        var options = new LatencyOptions(
            $"./build.sh bench latency --broker {broker.Kind} --seconds {seconds} --rates {rates}{(only.Length > 0 ? $" --only '{only}'" : "")}",
            broker, seconds, [.. rates.Split(',').Select(static r => int.Parse(r, CultureInfo.InvariantCulture))], only, arguments.TextOrNull("json"));
        arguments.CheckAllUsed();
        return seconds > 0 && options.Rates.All(static r => r >= OpenLoop.Users) ? options : throw new ArgumentException($"--seconds is at least 1, and each of --rates at least {OpenLoop.Users}.");
    }
}
