using System.Globalization;
using System.Text.Json;
using CrashStreams.Processing;
using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Events;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Flyers.Topology;

/// <summary>
/// Puts each event into its place among the user's others with the flyer, and tells what that changes for the user and for merchants: an event between two others makes two visits of one. Only the
/// neighbours are looked up, however many events there are. Events of one second are in the order of their merchants' ids, so that results do not depend on the order in which events come.
/// </summary>
internal sealed class Visits : Processor<string, FlyerEvent, string, RedisEntry>
{
    public const string Moments = "moments";
    public const string Users = "users";
    public const string UserMerchants = "user-merchants";
    public const string Merchants = "merchants";

    private IKeyValueStore<(string User, string Flyer, (long Second, string Merchant) At), string> _moments = null!;
    private IKeyValueStore<string, VisitTotals> _users = null!;
    private IKeyValueStore<(string User, string Merchant), long> _userMerchants = null!;
    private IKeyValueStore<string, MerchantTotals> _merchants = null!;

    public override void Process(in Record<string, FlyerEvent> record)
    {
        if (record.HasValue && record.Value.IsOfVisit)
            Add(record.Value, record.Timestamp);
        // The last one takes the headers along, and with them the reply.
        Forward(new("", RedisEntry.None, record.Timestamp, record.Headers));
    }

    protected override void Init()
    {
        _moments = Context.KeyValueStore<(string, string, (long, string)), string>(Moments);
        _users = Context.KeyValueStore<string, VisitTotals>(Users);
        _userMerchants = Context.KeyValueStore<(string, string), long>(UserMerchants);
        _merchants = Context.KeyValueStore<string, MerchantTotals>(Merchants);
    }

    private void Add(FlyerEvent added, long timestamp)
    {
        var (user, flyer, second) = (added.UserId, added.FlyerId, added.Second);
        // The offset tells events apart that are alike.
        var at = (user, flyer, (InOrder(second), string.Create(CultureInfo.InvariantCulture, $"{added.MerchantId}\0{Context.Offset:x16}")));
        var before = Neighbour(_moments.Range((user, flyer, (0, "")), at, reversed: true));
        var after = Neighbour(_moments.Range(at, (user, flyer, (-1, ""))));
        _moments.Put(at, added.MerchantId);
        if (before is { } first)
            Change(added.MerchantId, visits: 1, IsNew(user, added.MerchantId), second - first.Second, opens: 0, timestamp);
        if (after is { } last && before is { } former)
            Change(last.Merchant, visits: 0, isNewUser: false, former.Second - second, opens: 0, timestamp);
        else if (after is { } only)
            Change(only.Merchant, visits: 1, IsNew(user, only.Merchant), only.Second - second, opens: 0, timestamp);
        // All visits together last from the first moment to the last.
        if (before is not null || after is not null)
            AddVisit(user, before is null ? after!.Value.Second - second : after is null ? second - before.Value.Second : 0, timestamp);
        if (added.Event == FlyerEvent.Open)
            Change(added.MerchantId, visits: 0, isNewUser: false, seconds: 0, opens: 1, timestamp);
    }

    // Keys are compared by their bytes, where negative numbers come last.
    private static long InOrder(long second) => second ^ long.MinValue;

    private static (long Second, string Merchant)? Neighbour(IEnumerable<KeyValuePair<(string User, string Flyer, (long Second, string Merchant) At), string>> moments)
    {
        foreach (var (at, merchant) in moments)
            return (InOrder(at.At.Second), merchant);
        return null;
    }

    private void AddVisit(string user, long seconds, long timestamp)
    {
        var totals = _users.TryGet(user, out var known) ? known : new(0, 0);
        totals = new(totals.Visits + 1, totals.Seconds + seconds);
        _users.Put(user, totals);
        Forward(new(user, new(FlyerTopology.Users, user, string.Create(CultureInfo.InvariantCulture, $"{totals.Visits}:{totals.Seconds}")), timestamp));
    }

    private void Change(string merchant, int visits, bool isNewUser, long seconds, int opens, long timestamp)
    {
        var totals = _merchants.TryGet(merchant, out var known) ? known : new(0, 0, 0, 0);
        totals = new(totals.Visits + visits, totals.Users + (isNewUser ? 1 : 0), totals.Seconds + seconds, totals.Opens + opens);
        _merchants.Put(merchant, totals);
        Forward(new(merchant, new(FlyerTopology.Merchants, merchant, JsonSerializer.Serialize(totals, TotalsJson.Default.MerchantTotals)), timestamp));
    }

    private bool IsNew(string user, string merchant)
    {
        if (_userMerchants.TryGet((user, merchant), out _))
            return false;
        _userMerchants.Put((user, merchant), 1);
        return true;
    }
}
