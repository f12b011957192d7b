using System.Globalization;
using System.Text.Json;
using CrashStreams.Processing;
using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Events;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Flyers.Topology;

/// <summary>Puts each event into its place among the user's others with the flyer, and tells what that changes for the user and for merchants.</summary>
internal sealed class Visits : Processor<string, FlyerEvent, string, RedisEntry>
{
    public const string Timelines = "timelines";
    public const string Users = "users";
    public const string UserMerchants = "user-merchants";
    public const string Merchants = "merchants";

    private IKeyValueStore<(string User, string Flyer), Timeline> _timelines = null!;
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
        _timelines = Context.KeyValueStore<(string, string), Timeline>(Timelines);
        _users = Context.KeyValueStore<string, VisitTotals>(Users);
        _userMerchants = Context.KeyValueStore<(string, string), long>(UserMerchants);
        _merchants = Context.KeyValueStore<string, MerchantTotals>(Merchants);
    }

    private void Add(FlyerEvent added, long timestamp)
    {
        var key = (added.UserId, added.FlyerId);
        var timeline = _timelines.TryGet(key, out var known) ? known : new([]);
        var (seconds, isVisit) = (timeline.Span, timeline.Moments.Count > 0);
        var changes = timeline.Add(new(added.Second, added.MerchantId));
        _timelines.Put(key, timeline);
        if (isVisit)
            AddVisit(added.UserId, timeline.Span - seconds, timestamp);
        foreach (var change in changes)
            Change(change.Merchant, change.Visits, change.Visits > 0 && IsNew(added.UserId, change.Merchant), change.Seconds, opens: 0, timestamp);
        if (added.Event == FlyerEvent.Open)
            Change(added.MerchantId, 0, isNewUser: false, 0, opens: 1, timestamp);
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
