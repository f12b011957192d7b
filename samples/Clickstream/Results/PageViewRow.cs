using System.Text.Json.Serialization;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.Clickstream.Results;

/// <summary>A row of the topic <c>page-views</c>.</summary>
internal sealed record PageViewRow(
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset WindowStart,
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset WindowEnd,
    string ProductId,
    string Category,
    long ViewCount,
    long UniqueUsers);
