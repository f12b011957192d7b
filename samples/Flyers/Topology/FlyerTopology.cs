using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Events;

namespace CrashStreams.Samples.Flyers.Topology;

/// <summary>Passes over events that were posted before, then keeps each user's visits, and what they make of each merchant, in Redis.</summary>
internal static class FlyerTopology
{
    /// <summary>Hash of visits and seconds by user.</summary>
    public const string Users = "users";

    /// <summary>Hash of totals by merchant: those of one partition's users.</summary>
    public const string Merchants = "merchants";

    /// <summary>The topics that the application makes for itself, without its id in front.</summary>
    public static IReadOnlyList<string> OwnTopics { get; } =
        ["by-user-repartition", "event-ids-changelog", "moments-changelog", "users-changelog", "user-merchants-changelog", "merchants-changelog", "results-changelog", "instances"];

    /// <summary>Names the sink: <see cref="RedisSink"/> and <see cref="RedisTable"/> have to agree on it.</summary>
    public static string SinkName(FlyerOptions options) => $"{options.ApplicationId}-results";

    public static CrashStreams.Topology Build(FlyerOptions options, RedisSink results)
    {
        var builder = new StreamsBuilder();
        builder.AddKeyValueStore<string, long>(FirstOfEachId.Store);
        builder.AddKeyValueStore(Visits.Moments, Serdes.Tuple(Serdes.String, Serdes.String, Serdes.Tuple(Serdes.Int64, Serdes.String)), Serdes.String);
        builder.AddKeyValueStore(Visits.Users, Serdes.String, Serdes.Json(TotalsJson.Default.VisitTotals, valuesAreImmutable: true));
        builder.AddKeyValueStore<(string, string), long>(Visits.UserMerchants, Serdes.Tuple(Serdes.String, Serdes.String));
        builder.AddKeyValueStore(Visits.Merchants, Serdes.String, Serdes.Json(TotalsJson.Default.MerchantTotals, valuesAreImmutable: true));

        var events = Serdes.Json(EventJson.Default.FlyerEvent);
        builder.Stream<string, FlyerEvent>(options.Events, new() { Name = "events", ValueSerde = events })
            .Process(static () => new FirstOfEachId(), [FirstOfEachId.Store], "first-of-each-id")
            .Repartition(new() { Name = "by-user", KeySerde = Serdes.String, ValueSerde = events })
            .Process(static () => new Visits(), [Visits.Moments, Visits.Users, Visits.UserMerchants, Visits.Merchants], "visits")
            .ToRedis(builder, results);
        return builder.Build();
    }
}
