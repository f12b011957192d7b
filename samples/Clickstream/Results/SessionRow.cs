using System.Text.Json.Serialization;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.Clickstream.Results;

/// <summary>A row of the topic <c>sessions</c>.</summary>
internal sealed record SessionRow(
    string SessionId,
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset Start,
    [property: JsonConverter(typeof(UtcTimeConverter))] DateTimeOffset End,
    long EventCount,
    long DurationSeconds)
{
    public string Status => "completed";
}
