using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Topology;

namespace CrashStreams.Samples.Flyers.Api;

/// <summary>A user's average visit.</summary>
internal sealed record UserResult(string UserId, decimal AvgTimeOnFlyerPerUserHours);

/// <summary>A merchant's line of the report.</summary>
internal sealed record MerchantResult(string MerchantId, long Visits, long Users, decimal? AvgVisitSeconds, long Opens);

/// <summary>What Redis holds, as it is answered.</summary>
internal sealed class Results(RedisTable table)
{
    private const long SecondsPerHour = 3600;

    /// <summary>How far Redis is: different while something is written.</summary>
    public Task<IReadOnlyList<string?>> PositionsAsync() => table.PositionsAsync();

    /// <summary>All users with a visit, by id.</summary>
    public async Task<List<UserResult>> UsersAsync()
    {
        var users = await table.AllAsync(FlyerTopology.Users);
        return [.. users.Select(static user => Of(user.Key, user.Value)).OrderBy(static user => user.UserId, CodePointOrder.Instance)];
    }

    /// <summary>A user; null without a visit.</summary>
    public async Task<UserResult?> UserAsync(string id) => await table.GetAsync(FlyerTopology.Users, id) is [var text, ..] ? Of(id, text) : null;

    /// <summary>All merchants with a visit or an open flyer, by id.</summary>
    public async Task<List<MerchantResult>> MerchantsAsync()
    {
        // A user's events are all in one partition: merchants are the sums over these.
        var parts = await table.AllAsync(FlyerTopology.Merchants);
        return [.. parts
            .GroupBy(static part => part.Key, static part => JsonSerializer.Deserialize(part.Value, TotalsJson.Default.MerchantTotals)!)
            .Select(static merchant => Of(merchant.Key, [.. merchant]))
            .Where(static merchant => merchant.Visits > 0 || merchant.Opens > 0)
            .OrderBy(static merchant => merchant.MerchantId, CodePointOrder.Instance)];
    }

    /// <summary>Half up, in whole numbers: a quotient of decimals may be a digit off. Always with two decimals.</summary>
    internal static decimal Rounded(long hundredfold, long divisor) => (long)(((2 * (Int128)hundredfold) + divisor) / (2 * (Int128)divisor)) * 0.01m;

    private static UserResult Of(string id, string text)
    {
        var colon = text.IndexOf(':');
        var (visits, seconds) = (long.Parse(text.AsSpan(0, colon), CultureInfo.InvariantCulture), long.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture));
        return new(id, Rounded(100 * seconds, visits * SecondsPerHour));
    }

    private static MerchantResult Of(string id, List<MerchantTotals> parts)
    {
        var (visits, seconds) = (parts.Sum(static p => p.Visits), parts.Sum(static p => p.Seconds));
        return new(id, visits, parts.Sum(static p => p.Users), visits == 0 ? null : Rounded(100 * seconds, visits), parts.Sum(static p => p.Opens));
    }
}

/// <summary>Order of texts by code point, which is that of their UTF-8 bytes; UTF-16 puts what needs two units before U+E000.</summary>
internal sealed class CodePointOrder : IComparer<string>
{
    public static readonly CodePointOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        var common = x.AsSpan().CommonPrefixLength(y);
        if (common == x!.Length || common == y!.Length)
            return x.Length.CompareTo(y!.Length);
        var (left, right) = (x[common], y[common]);
        return char.IsSurrogate(left) == char.IsSurrogate(right) ? left.CompareTo(right) : char.IsSurrogate(left) ? 1 : -1;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<UserResult>))]
[JsonSerializable(typeof(UserResult))]
[JsonSerializable(typeof(List<MerchantResult>))]
[JsonSerializable(typeof(List<CrashStreams.Samples.Flyers.Events.BatchFault>))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class ApiJson : JsonSerializerContext;

/// <summary>A status, and the reason where it is not OK.</summary>
internal sealed record Answer(string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null);
