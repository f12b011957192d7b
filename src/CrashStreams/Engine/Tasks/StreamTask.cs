using System.Runtime.CompilerServices;
using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// A sub-topology on one partition of its inputs. Passive and single-threaded: a stream thread hands it records and tells it the time.
/// </summary>
internal sealed class StreamTask
{
    private readonly TaskContext _context;
    private readonly TaskCommit _commit;
    private readonly TaskBuilder _operators;
    private readonly List<InputPartition> _inputs = [];
    private readonly List<IEmitsAtCommit> _emitters;
    private readonly TaskEventTime _eventTime;
    private readonly PackEntries _entries = new();
    private readonly bool _usesWatermarks;

    /// <param name="context">What the task's operators share.</param>
    /// <param name="tasks">The tasks of the sub-topology, this one among them.</param>
    /// <param name="horizonMs">How far event time has to go beyond a record for all of its windows to close.</param>
    /// <param name="writersOf">The tasks that tell of their clocks at a repartition topic, by their numbers.</param>
    public StreamTask(TaskContext context, TaskLayout tasks, long horizonMs, Func<string, IReadOnlyList<bool>> writersOf)
    {
        _context = context;
        var (subTopology, inputs) = (tasks.SubTopology, tasks.InputsOf(context.Id.Partition));
        _operators = new TaskBuilder(context, subTopology, inputs);
        _operators.Build();
        _usesWatermarks = context.Options.Time.Clock == StreamTime.Watermarks;
        _emitters = _operators.Processors.OfType<IEmitsAtCommit>().ToList();
        var withoutHold = subTopology.Sources.Where(static s => !s.HoldsClock).SelectMany(s => s.Topics.Select(t => _operators.FullTopic(t, s.IsRepartition))).ToHashSet();
        _commit = new(context, _inputs, _operators.Processors.OfType<ICommitListener>().ToList(), Fault);
        foreach (var input in inputs)
        {
            var source = _operators.SourcesByTopic[input.Topic];
            InputClock clock = source.IsRepartition ? new UpstreamClock(writersOf(input.Topic)) : new SourceClock { LastActivityMs = context.Clock.WallClock };
            _inputs.Add(new(this, input, source, clock, context.Meter.Read(input.Topic, input.Partition)));
        }

        _eventTime = new(context, _inputs, _inputs.FindAll(i => !withoutHold.Contains(i.Partition.Topic)), _operators.Processors, horizonMs, PunctuateWatermark, Fault);
        Downstream = _usesWatermarks ? [.. subTopology.Sinks.Where(static s => s.IsRepartition).Select(s => DownstreamOf(s, tasks)).DistinctBy(static d => d.Topic)] : [];
    }

    public TaskId Id => _context.Id;

    public TaskState State { get; private set; } = TaskState.Created;

    public TaskContext Context => _context;

    public IReadOnlyList<InputPartition> Inputs => _inputs;

    /// <summary>What the task keeps on the instance's storage; null without one.</summary>
    public LocalState? Local { get; init; }

    public IEnumerable<IStateStore> LoggedStores => _context.Stores.Where(s => s.ChangelogTopic is not null);

    /// <summary>The closing clock as of the last commit that the group confirmed: an owner after this one begins there.</summary>
    public long CommittedWatermark => _commit.CommittedWatermark;

    /// <summary>How far stores followed their changelogs while the task was a warm copy; empty for any other.</summary>
    public Dictionary<IStateStore, WarmPosition> WarmPositions { get; } = [];

    /// <summary>Repartition topics whose readers are told how far the task is, in the same order for all tasks of the sub-topology; none under the Observed clock.</summary>
    public IReadOnlyList<DownstreamTopic> Downstream { get; }

    /// <summary>Whether operators keep results until the commit, which a marker must not overtake.</summary>
    public bool HoldsBack => _emitters.Count > 0;

    /// <summary>How far the task is.</summary>
    public Progress Progress => new(_context.Clock.Watermark, _eventTime.IsIdle, _context.Clock.Floor);

    public bool HasBuffered { get; private set; }

    /// <summary>Whether turns visit it: see <see cref="AwakeTasks"/>.</summary>
    public bool IsAwake { get; set; }

    /// <summary>Whether it has nothing to do before its next record, or the next round of its thread.</summary>
    public bool IsAtRest => State == TaskState.Running && !HasBuffered && !HoldsBack && !_commit.HasListeners && !_context.CommitRequested && _context.Punctuations.IsEmpty && IsCaughtUp && !IsHoldingBack;

    public bool IsHoldingBack => _inputs.Exists(static i => i.IsHeldBack);

    /// <summary>The start of the oldest open window as of the last turn, <see cref="long.MaxValue"/> when none is; read by collectors of metrics.</summary>
    public long OldestOpenStart => _eventTime.OldestOpenStart;

    /// <summary>What the stores held in memory at the last commit, and what of it was written; read by collectors of metrics.</summary>
    public (long Bytes, long Dirty) PublishedCache => _commit.PublishedCache;

    /// <summary>Takes over what an earlier life of the task committed beside its offsets.</summary>
    /// <param name="input">An input of the task.</param>
    /// <param name="position">Where it is read from, and what was committed beside that.</param>
    /// <param name="isCommitted">Whether the group has it, or the thread has chosen it.</param>
    public void RestoreTime(InputPartition input, in OffsetAndMetadata position, bool isCommitted)
    {
        var committed = CommittedPosition.Parse(position.Metadata);
        (input.NextOffset, input.NextEntry) = (position.Offset, committed.Entries);
        _context.HasChanged = true;
        if (isCommitted)
            (input.CommittedOffset, input.CommittedMetadata) = (position.Offset, position.Metadata);
        input.IsClaimed = isCommitted && !committed.IsRebuild;
        RebuildsState |= committed.IsRebuild;
        CommittedTime.Restore(committed.Time, _context.Clock, input.Clock);
    }

    /// <summary>Whether what is in the changelogs is to be removed from them instead of restored.</summary>
    public bool RebuildsState { get; private set; }

    /// <summary>Whether the group has confirmed positions for all inputs, so that records may be processed.</summary>
    public bool IsClaimed => _inputs.TrueForAll(static i => i.IsClaimed);

    /// <summary>Removes an entry of a store from its changelog.</summary>
    public void RemoveFromChangelog(IStateStore store, in LogRecord record) => _commit.RemoveFromChangelog(store, in record);

    public void MoveTo(TaskState next)
    {
        var isLegal = (State, next) is (TaskState.Created, TaskState.Restoring or TaskState.Closed)
            or (TaskState.Restoring, TaskState.Running or TaskState.Closed)
            or (TaskState.Running, TaskState.Closed);
        if (!isLegal)
            throw new CrashStreamsException($"Task {Id} can't go from {State} to {next}.");
        State = next;
        if (next == TaskState.Running)
        {
            foreach (var processor in _operators.Processors)
                processor.Init();
        }
    }

    /// <summary>
    /// Takes a record of a poll: processes it at once when the task has one input, else keeps a copy until its turn. False when the turn's time was up in the middle of a pack: then the same record is
    /// taken again.
    /// </summary>
    public bool Take(LogBatch batch, int index, in LogRecord record, InputPartition input, TurnPace pace)
    {
        if (input.FirstOffset < 0)
            input.FirstOffset = record.Offset;
        if (record.Headers is { } headers && input.Source.IsRepartition && PackRecord.IsIn(headers))
            return TakePack(batch, index, in record, input, pace);
        if (_inputs.Count == 1)
            Process(batch, index, in record, input);
        else
            Keep(in record, input);
        return true;
    }

    private bool TakePack(LogBatch batch, int index, in LogRecord pack, InputPartition input, TurnPace pace)
    {
        if (!PackRecord.IsWhole(in pack))
        {
            TakeBroken(batch, index, in pack, input);
            return true;
        }

        _entries.Open(batch, index);
        var done = pack.Offset == input.NextOffset ? input.NextEntry : 0;
        var reader = new PackReader(in pack);
        for (var i = 0; reader.TryReadNext(out var entry); i++)
        {
            if (i < done)
                continue;
            if (_inputs.Count > 1)
                Keep(in entry, input);
            else
                Process(_entries, i, in entry, input);
            if (_inputs.Count == 1 && !reader.IsAtEnd && pace.IsOver())
                return false;
        }

        return true;
    }

    private void TakeBroken(LogBatch batch, int index, in LogRecord pack, InputPartition input)
    {
        _context.HasChanged = true;
        _context.Current.Set(batch, index, input.Partition, in pack);
        FaultPolicy.Apply(_context, FaultKind.Deserialization, input.Source.Node, "bad-pack", null);
        (input.NextOffset, input.NextEntry) = (pack.Offset + 1, 0);
    }

    private void Keep(in LogRecord record, InputPartition input)
    {
        input.Buffer.Add(in record, input.Source.IsRepartition && record.Headers is { } h && MarkerRecord.IsIn(h) ? -1 : TurnOf(in record, input));
        input.BufferedOffset = record.Offset + 1;
        HasBuffered = true;
    }

    // The event time by which a buffered record waits. One that will be refused for its time has its turn at once: those behind it are not to wait for the end of the world.
    private long TurnOf(in LogRecord record, InputPartition input)
    {
        var time = input.Source.TimestampOf(in record);
        var isRefused = time > EventTime.Max || (input.Clock is SourceClock && _usesWatermarks && time - _context.Clock.LastWallClock > _context.Options.Time.MaxFuture.TotalMilliseconds);
        return isRefused ? -1 : time;
    }

    /// <summary>Tells how old the last record of each input was that brought any since the last time.</summary>
    public void TellLatency(long nowMs)
    {
        foreach (var input in _inputs)
        {
            if (input.Count.Records == input.LatencyToldAt)
                continue;
            input.LatencyToldAt = input.Count.Records;
            if (input.LastRecordTime >= 0)
                _context.Meter.Latency(input.Partition.Topic, Math.Max(0, nowMs - input.LastRecordTime) / 1000.0);
        }
    }

    /// <summary>Whether all inputs were read to their ends, as of this turn.</summary>
    public bool IsCaughtUp
    {
        get
        {
            foreach (var input in _inputs)
            {
                if (!input.IsCaughtUp)
                    return false;
            }

            return true;
        }
    }

    /// <summary>Looks once per turn how far the inputs are.</summary>
    public void LookAtPositions(ILogConsumer consumer, bool isBatchDone)
    {
        foreach (var input in _inputs)
            _context.HasChanged |= input.LookAtPosition(consumer, isBatchDone);
    }

    /// <summary>
    /// Processes buffered records, the one with the lowest event time first, until the turn has to go on. An empty input that is not caught up is waited for: its
    /// next record may be older than all others.
    /// </summary>
    public bool ProcessBuffered(TurnPace pace)
    {
        var any = false;
        while (HasBuffered)
        {
            InputPartition? next = null;
            foreach (var input in _inputs)
            {
                if (input.Buffer.Count == 0)
                {
                    if (!input.IsCaughtUp)
                        return any;
                }
                else if (next is null || input.Buffer.HeadTimestamp < next.Buffer.HeadTimestamp)
                {
                    next = input;
                }
            }

            if (next is null)
            {
                HasBuffered = false;
                return any;
            }

            any = true;
            var record = next.Buffer[0];
            Process(next.Buffer, 0, in record, next);
            next.Buffer.RemoveHead();
            if (pace.IsOver())
                return true;
        }

        return any;
    }

    /// <summary>Moves the closing clock to where the inputs have come, and lets operators close what it has passed.</summary>
    public void AdvanceClock(long nowMs, Func<InputPartition, bool> isConfirmed) => _eventTime.Advance(nowMs, isConfirmed);

    /// <summary>Lets operators emit what they hold back until a commit, parents before children.</summary>
    public void EmitPending()
    {
        if (_emitters.Count == 0)
            return;
        _context.Current.Clear();
        _context.HasChanged = true;
        foreach (var emitter in _emitters)
        {
            try
            {
                emitter.EmitPending();
            }
            catch (Exception e) when (FaultPolicy.IsOperators(e))
            {
                Fault(e);
            }
        }
    }

    private void PunctuateWatermark(long watermark) => Punctuate(PunctuationType.Watermark, watermark);

    public void PunctuateWallClock(long nowMs) => Punctuate(PunctuationType.WallClock, nowMs);

    private DownstreamTopic DownstreamOf(ISinkNode sink, TaskLayout tasks)
    {
        var told = tasks.ToldBy(sink, Id.Partition);
        return new(_operators.FullTopic(sink.Topic!, true), told is null ? null : _inputs.FindAll(i => told.Contains(i.Partition)));
    }

    /// <summary>Whether a commit has anything to do with the task. A task that was not touched since the last one is left alone, unless somebody outside of it may have something to tell.</summary>
    public bool NeedsCommit => _context.HasChanged || HoldsBack || _commit.HasListeners || Local is not null;

    /// <summary>Writes changed state to the changelogs and answers what has to be committed with it.</summary>
    public void PrepareCommit(IDictionary<TopicPartition, OffsetAndMetadata> offsets) => _commit.Prepare(offsets);

    /// <summary>The log has committed: the engines follow.</summary>
    /// <param name="offsets">What the group confirmed.</param>
    /// <param name="ends">Ends of changelogs as told before the commit.</param>
    /// <param name="wrote">Called with the changelogs that have got longer.</param>
    public void Committed(
        IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, IReadOnlyDictionary<TopicPartition, long> ends, Action<TopicPartition> wrote) => _commit.Committed(Local, offsets, ends, wrote);

    /// <summary>What is in memory over engines, and could be evicted.</summary>
    public long CachedBytes() => _commit.CachedBytes();

    public long DirtyBytes() => _commit.DirtyBytes();

    /// <summary>Shrinks each store's cache to a part of what it holds.</summary>
    public void Evict(double part)
    {
        foreach (var store in _context.Stores)
            store.Evict((long)(store.CachedBytes * part));
    }

    public void Close()
    {
        if (State == TaskState.Running)
        {
            foreach (var processor in _operators.Processors)
                processor.Close();
        }

        foreach (var input in _inputs)
            input.Buffer.Clear();
        MoveTo(TaskState.Closed);
    }

    private void Process(LogBatch batch, int index, in LogRecord record, InputPartition input)
    {
        _context.HasChanged = true;
        if (record.Headers is { } headers && input.Source.IsRepartition && MarkerRecord.TryRead(headers, out var told))
        {
            (input.Clock as UpstreamClock)?.Hear(told);
            input.Count.AddMarker();
            (input.NextOffset, input.NextEntry) = (record.Offset + 1, 0);
            return;
        }

        input.Count.Add(record.Key.Length + record.Value.Length);
        input.LastRecordTime = record.Timestamp;
        _context.Current.Set(batch, index, input.Partition, in record);
        if (_context.IsTraced)
            ProcessTraced(in record, input);
        else
            ProcessNow(in record, input);
        if (input.Clock is SourceClock source)
            source.LastActivityMs = _context.Clock.LastWallClock;
        (input.NextOffset, input.NextEntry) = record.Entry > 0 ? (record.Offset, record.Entry) : (record.Offset + 1, 0);
        if (_context.Punctuations.HasStreamTime && _context.Clock.StreamTime >= 0)
            Punctuate(PunctuationType.StreamTime, _context.Clock.StreamTime);
    }

    private void ProcessNow(in LogRecord record, InputPartition input)
    {
        try
        {
            input.Source.Process(in record, input.Clock);
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            Fault(e, input.Source.Node);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ProcessTraced(in LogRecord record, InputPartition input)
    {
        using var activity = RecordTrace.Start(input.SpanName, input.Partition.Topic, input.Partition.Partition, in record, _context.ApplicationId, Id);
        _context.Current.Activity = activity;
        ProcessNow(in record, input);
    }

    private void Punctuate(PunctuationType type, long time)
    {
        if (_context.Punctuations.AnyDue(type, time))
            RunPunctuations(type, time);
    }

    private void RunPunctuations(PunctuationType type, long time)
    {
        _context.HasChanged = true;
        try
        {
            _context.Punctuations.Run(type, time, now => BeginPunctuation(type, now));
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            Fault(e);
        }
    }

    private void BeginPunctuation(PunctuationType type, long now)
    {
        _context.Current.Clear();
        _context.Clock.RecordTime = now;
        // Between two records there is none to judge the results by: they are judged by what downstream tasks may have heard.
        if (type == PunctuationType.WallClock)
            _context.Clock.RecordWatermark = HighestTold(_context.Clock.Watermark);
        else if (type == PunctuationType.Watermark)
            _context.Clock.RecordWatermark = HighestTold(now - 1);
    }

    // Where tasks read what they have written, the inputs that markers tell of may be ahead of the task's clock.
    private long HighestTold(long own)
    {
        foreach (var topic in Downstream)
        {
            if (topic.TellsOwnInputs)
                own = Math.Max(own, topic.ProgressOf(Progress).Watermark);
        }

        return own;
    }

    // What threw outside of every operator is the source's: its time, its prefilter.
    private void Fault(Exception e) => Fault(e, $"task {Id}");

    private void Fault(Exception e, string source) =>
        FaultPolicy.Apply(_context, FaultKind.Processing, source, e.GetType().Name, e);
}
