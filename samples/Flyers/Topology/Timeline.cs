using System.Text.Json.Serialization;

namespace CrashStreams.Samples.Flyers.Topology;

/// <summary>A moment at which a user opened or closed a flyer.</summary>
internal readonly record struct Moment(long Second, string Merchant);

/// <summary>What an event changes for a merchant: one visit more, and seconds that may be those of another merchant from now on.</summary>
internal readonly record struct MerchantChange(string Merchant, int Visits, long Seconds);

/// <summary>A user's moments with one flyer, in the order of time. Events come in any order.</summary>
internal sealed record Timeline(List<Moment> Moments)
{
    /// <summary>Seconds from the first moment to the last: all visits together.</summary>
    [JsonIgnore]
    public long Span => Moments.Count == 0 ? 0 : Moments[^1].Second - Moments[0].Second;

    /// <summary>Puts a moment in its place. A visit ends with its later moment, whose merchant it belongs to.</summary>
    public List<MerchantChange> Add(Moment moment)
    {
        var at = Moments.Count;
        while (at > 0 && Moments[at - 1].Second > moment.Second)
            at--;
        Moments.Insert(at, moment);
        var changes = new List<MerchantChange>();
        var (before, after) = (at > 0 ? Moments[at - 1] : default(Moment?), at + 1 < Moments.Count ? Moments[at + 1] : default(Moment?));
        if (before is { } first)
            changes.Add(new(moment.Merchant, 1, moment.Second - first.Second));
        if (after is { } last)
            changes.Add(new(last.Merchant, before is null ? 1 : 0, before is null ? last.Second - moment.Second : -(moment.Second - before.Value.Second)));
        return changes;
    }
}

/// <summary>Visits and their seconds.</summary>
internal sealed record VisitTotals(long Visits, long Seconds);

/// <summary>What a merchant's report says.</summary>
internal sealed record MerchantTotals(long Visits, long Users, long Seconds, long Opens);

[JsonSerializable(typeof(Timeline))]
[JsonSerializable(typeof(VisitTotals))]
[JsonSerializable(typeof(MerchantTotals))]
internal sealed partial class TotalsJson : JsonSerializerContext;
