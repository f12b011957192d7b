using CrashStreams.Broker.Log;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Fetching;

/// <summary>Reads the partitions of one fetch, as often as it takes until there is something to answer.</summary>
internal sealed class FetchRead(FetchRequest request, short version, FetchSession? session, List<FetchTarget> targets, TopicCatalog catalog)
{
    /// <summary>The first version that names topics by id (KIP-516).</summary>
    private const short TopicIdVersion = 13;

    /// <summary>The most that one answer holds, `fetch.max.bytes`; only a first batch that is larger goes beyond it.</summary>
    private const int MaxResponseBytes = 55 * 1024 * 1024;

    /// <summary>
    /// The most for a client that has no session and waits for nothing but a first byte. Such clients (librdkafka) fetch ahead in the background: large
    /// answers pile up, and have left the processor's cache before they are read. Clients with sessions (Java) fetch nothing while they have
    /// records of a broker: they need large answers. See docs/decisions/answers-by-client.md.
    /// </summary>
    private const int MaxBytesForReadersAhead = 512 * 1024;

    /// <summary>A fetch of more partitions is answered with the first byte: to add up what all of them have, again and again, takes too long.</summary>
    private const int MostToAddUp = 1000;

    private readonly int _minBytes = targets.Count > MostToAddUp ? Math.Min(1, request.MinBytes) : request.MinBytes;
    private readonly bool _byId = version >= TopicIdVersion;
    private readonly FetchIsolation _isolation = (FetchIsolation)request.IsolationLevel;
    private readonly bool _isIncremental = session is not null && request.SessionEpoch != 0;

    /// <summary>Whether it names so many partitions that they are read in turns.</summary>
    public bool IsLong => targets.Count > FetchLook.PartitionsPerStep;

    /// <summary>The answer, when there are enough bytes or there is an error; else null, unless <paramref name="mustAnswer"/>.</summary>
    public FetchResponse? TryRead(bool mustAnswer)
    {
        if (IsInVain(mustAnswer))
            return null;
        var look = LookAt(targets, mustAnswer);
        while (!look.TryEnd())
        {
        }
        return look.Response;
    }

    /// <summary>The same, a step at a time.</summary>
    public FetchLook Look(bool mustAnswer) => LookAt(IsInVain(mustAnswer) ? [] : targets, mustAnswer);

    private FetchLook LookAt(List<FetchTarget> some, bool mustAnswer) => new(this, some, session?.Id ?? 0, _minBytes, mustAnswer)
    {
        BytesLeft = Math.Min(request.MaxBytes, session is null && request.MinBytes <= 1 ? MaxBytesForReadersAhead : MaxResponseBytes),
    };

    /// <summary>The partitions to wait for, and what is wanted of them.</summary>
    public Dictionary<Partition, FetchTarget> Partitions()
    {
        var partitions = new Dictionary<Partition, FetchTarget>(targets.Count);
        foreach (var target in targets)
            if (target.Resolve(catalog, _byId, out _) is { } partition)
                partitions[partition] = target;
        return partitions;
    }

    /// <summary>Most looks at a waiting fetch find nothing: they are not to cost an answer.</summary>
    private bool IsInVain(bool mustAnswer) => !mustAnswer && _minBytes > 0 && !targets.Exists(IsWorthALook);

    /// <summary>Whether there is something to read, or an error to tell.</summary>
    public bool IsWorthALook(FetchTarget target)
    {
        if (target.Resolve(catalog, _byId, out _) is not { } partition)
            return true;
        var end = _isolation == FetchIsolation.ReadCommitted ? partition.Log.LastStableOffset : partition.Log.EndOffset;
        return target.FetchOffset < end || target.FetchOffset > partition.Log.EndOffset || target.FetchOffset < partition.Log.LogStartOffset;
    }

    /// <summary>Whether an answer of a session says nothing of it: there is nothing to read and nothing that the client has not been told.</summary>
    public bool IsQuiet(FetchTarget target) =>
        _isIncremental
        && target.Resolve(catalog, _byId, out _) is { Log: var log }
        && log.EndOffset == target.ToldHighWatermark && log.LastStableOffset == target.ToldLastStableOffset && log.LogStartOffset == target.ToldLogStartOffset
        && target.FetchOffset >= log.LogStartOffset && target.FetchOffset <= log.EndOffset
        && target.FetchOffset >= (_isolation == FetchIsolation.ReadCommitted ? log.LastStableOffset : log.EndOffset);

    public FetchResponse.PartitionData Read(FetchTarget target, int maxBytes, bool isFirst)
    {
        if (target.Resolve(catalog, _byId, out var error) is not { } partition)
            return new FetchResponse.PartitionData { PartitionIndex = target.Index, ErrorCode = error, HighWatermark = -1, AbortedTransactions = null, Records = RecordsField.Empty };
        var slice = partition.Log.Read(target.FetchOffset, Math.Min(maxBytes, target.MaxBytes), _isolation, isFirst);
        return new FetchResponse.PartitionData
        {
            PartitionIndex = target.Index,
            ErrorCode = slice.Error,
            HighWatermark = slice.HighWatermark,
            LastStableOffset = slice.LastStableOffset,
            LogStartOffset = slice.LogStartOffset,
            AbortedTransactions = slice.Aborted?.Select(aborted => new FetchResponse.AbortedTransaction { ProducerId = aborted.ProducerId, FirstOffset = aborted.FirstOffset }).ToList(),
            Records = slice.Length == 0 ? RecordsField.Empty : new RecordsField(new SliceSource(slice), 0, slice.Length),
        };
    }

    /// <summary>Whether the partition has records behind what was read.</summary>
    public bool HasRecords(FetchTarget target, FetchResponse.PartitionData data) =>
        data.ErrorCode == ErrorCode.None && target.FetchOffset < (_isolation == FetchIsolation.ReadCommitted ? data.LastStableOffset : data.HighWatermark);

    /// <summary>Whether the answer has to name it: always, but in a session.</summary>
    public bool HasNews(FetchTarget target, FetchResponse.PartitionData data) =>
        !_isIncremental
        || data.ErrorCode != ErrorCode.None
        || data.Records.Length > 0
        || data.HighWatermark != target.ToldHighWatermark
        || data.LastStableOffset != target.ToldLastStableOffset
        || data.LogStartOffset != target.ToldLogStartOffset;

    /// <summary>Remembers what the client is told, and that it was served.</summary>
    public void Told(FetchTarget target, FetchResponse.PartitionData data)
    {
        target.ToldHighWatermark = data.HighWatermark;
        target.ToldLastStableOffset = data.LastStableOffset;
        target.ToldLogStartOffset = data.LogStartOffset;
        if (data.Records.Length > 0)
            session?.Targets.MoveToEnd(target);
    }
}
