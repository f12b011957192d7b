using System.Text.Json.Serialization;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.Clickstream.Results;

/// <summary>A row of the topic <c>analytics-results</c>.</summary>
/// <param name="WindowStart">Of the clicks' times.</param>
/// <param name="WindowEnd">Of the clicks' times.</param>
/// <param name="ProductId">The product.</param>
/// <param name="Clicks">Pairs of a click and a purchase, and clicks without purchase.</param>
/// <param name="Purchases">Pairs of a click and a purchase.</param>
/// <param name="ConversionRate">Purchases per click.</param>
/// <param name="UniqueClicks">Clicks.</param>
/// <param name="ConvertedClicks">Clicks with at least one purchase.</param>
internal sealed record AnalyticsRow(
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset WindowStart,
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset WindowEnd,
    string ProductId,
    long Clicks,
    long Purchases,
    decimal ConversionRate,
    long UniqueClicks,
    long ConvertedClicks);
