using CrashStreams.Processing;
using CrashStreams.Samples.Flyers.Events;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Flyers.Topology;

/// <summary>
/// Lets the first event of an id through. Events come here by their id, so that two of the same meet. Of the others, and of what has no value, an empty record goes on: whoever has posted it waits for it too.
/// </summary>
internal sealed class FirstOfEachId : Processor<string, FlyerEvent, string, FlyerEvent>
{
    public const string Store = "event-ids";

    private IKeyValueStore<string, long> _ids = null!;

    public override void Process(in Record<string, FlyerEvent> record)
    {
        if (record.HasValue && IsFirst(record.Value.EventId))
            Forward(record.WithKey(record.Value.UserId));
        else
            Forward(new(record.HasValue ? record.Value.UserId : "", null!, record.Timestamp, record.Headers));
    }

    protected override void Init() => _ids = Context.KeyValueStore<string, long>(Store);

    private bool IsFirst(string? id)
    {
        if (id is null)
            return true;
        if (_ids.TryGet(id, out _))
            return false;
        _ids.Put(id, Context.Offset);
        return true;
    }
}
