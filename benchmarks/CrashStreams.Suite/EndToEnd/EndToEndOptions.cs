using CrashStreams.Suite.Brokers;

namespace CrashStreams.Suite.EndToEnd;

/// <summary>What <c>bench e2e</c> runs.</summary>
/// <param name="Command">As it was called.</param>
/// <param name="Broker">Which broker.</param>
/// <param name="Clients">The program of CrashStreams.Drain, as native code.</param>
/// <param name="Records">Lines that are loaded, and drained by each client.</param>
/// <param name="Rounds">How often each client has its turn.</param>
/// <param name="Only">Runs only clients with this in their names, and the bare consume.</param>
/// <param name="Json">Where the results are written; null: nowhere.</param>
internal sealed record EndToEndOptions(string Command, BrokerOptions Broker, string Clients, int Records, int Rounds, string Only, string? Json)
{
    public static EndToEndOptions Parse(Arguments arguments)
    {
        var broker = BrokerOptions.Parse(arguments, "kafka");
        var (records, rounds, only) = (arguments.Number("records", 3_000_000), arguments.Number("rounds", 5), arguments.Text("only", ""));
        var options = new EndToEndOptions(
            $"./build.sh bench e2e --broker {broker.Kind} --records {records} --rounds {rounds}{(only.Length > 0 ? $" --only '{only}'" : "")}",
            broker, arguments.Text("clients", "CrashStreams.Drain"), records, rounds, only, arguments.TextOrNull("json"));
        arguments.CheckAllUsed();
        return options;
    }
}
