using System.Text.Json.Serialization;
using CrashStreams.Samples.Clickstream.Topology;

namespace CrashStreams.Samples.Clickstream.Results;

/// <summary>How rows and what is counted for them are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PageViewRow))]
[JsonSerializable(typeof(RevenueRow))]
[JsonSerializable(typeof(AnalyticsRow))]
[JsonSerializable(typeof(SessionRow))]
[JsonSerializable(typeof(Views))]
[JsonSerializable(typeof(Revenue))]
[JsonSerializable(typeof(Conversions))]
internal sealed partial class RowJson : JsonSerializerContext;
