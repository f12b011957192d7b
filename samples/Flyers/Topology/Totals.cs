using System.Text.Json.Serialization;

namespace CrashStreams.Samples.Flyers.Topology;

/// <summary>A user's visits and their seconds.</summary>
internal sealed record VisitTotals(long Visits, long Seconds);

/// <summary>What a merchant's report says.</summary>
internal sealed record MerchantTotals(long Visits, long Users, long Seconds, long Opens);

[JsonSerializable(typeof(VisitTotals))]
[JsonSerializable(typeof(MerchantTotals))]
internal sealed partial class TotalsJson : JsonSerializerContext;
