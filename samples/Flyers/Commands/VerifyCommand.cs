using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Flyers.Verification;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Flyers.Commands;

/// <summary><c>verify</c>: recomputes the answers from the topic, and compares them with those of the API.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var options = new FlyerArguments();
        var rows = new RowsOption("Differences shown of each result", 20);
        var command = new ExampleCommand("verify", "Recomputes all results from the topic and compares them with what the running API answers. Exit code 1 when they differ.", "flyers verify --bootstrap kafka:9092") { rows };
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (chosen, shown) = (options.Read(arguments), rows.Read(arguments));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            return await CompareAsync(clients, chosen, shown, cancellation);
        });
        return command;
    }

    /// <summary>Compares and prints; answers the exit code.</summary>
    public static async Task<int> CompareAsync(ILogClients clients, FlyerOptions options, int rows, CancellationToken cancellation)
    {
        var oracle = new FlyerOracle();
        using (var steps = new Steps($"verify, reading {options.Events}", TimeProvider.System))
        {
            await TopicScan.ReadAsync(
                clients, options.Events, (TopicPartition partition, in LogRecord record) =>
                {
                    if (record.HasValue)
                        oracle.Add(partition.Partition, record.Offset, record.Value.ToArray());
                },
                steps, cancellation);
        }

        RowCheck users = new("results"), merchants = new("merchants");
        foreach (var (user, hundredths) in oracle.Users())
            users.Expect(User(user, hundredths / 100m), isDue: true);
        foreach (var (merchant, totals) in oracle.Merchants())
            merchants.Expect(Merchant(merchant, totals.Visits, totals.Users, totals.Average < 0 ? null : totals.Average / 100m, totals.Opens), isDue: true);

        using var http = new HttpClient { BaseAddress = LoadCommand.Api(options.Urls) };
        foreach (var user in (await http.GetFromJsonAsync<JsonElement>("/api/results", cancellation)).EnumerateArray())
            users.Find(User(user.GetProperty("user_id").GetString()!, user.GetProperty("avg_time_on_flyer_per_user_hours").GetDecimal()));
        foreach (var merchant in (await http.GetFromJsonAsync<JsonElement>("/api/merchants", cancellation)).EnumerateArray())
        {
            var average = merchant.GetProperty("avg_visit_seconds");
            merchants.Find(Merchant(
                merchant.GetProperty("merchant_id").GetString()!, merchant.GetProperty("visits").GetInt64(), merchant.GetProperty("users").GetInt64(),
                average.ValueKind == JsonValueKind.Null ? null : average.GetDecimal(), merchant.GetProperty("opens").GetInt64()));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{oracle.Events:N0} events that count"));
        var wrong = new[] { users, merchants }.Count(check => !check.Write(Console.Out, rows));
        return wrong == 0 && oracle.Events > 0 ? ExitCode.Success : ExitCode.NotVerified;
    }

    private static string User(string id, decimal hours) => string.Create(CultureInfo.InvariantCulture, $"{id} {hours:0.00} h");

    private static string Merchant(string id, long visits, long users, decimal? average, long opens) =>
        string.Create(CultureInfo.InvariantCulture, $"{id}: {visits} visits of {users} users, {average:0.00} s, {opens} opens");
}
