using CrashStreams.Faults;
using CrashStreams.Log;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// What a topology's results have to be, from a machine that knows nothing of watermarks, lateness or the engine: the ideal live run. One clock ticks through all of
/// time and nobody is ahead of anybody. At a tick operators do first what they have to do then, in topological order; then the records appear whose partition
/// comes to that time with them, in the order of partitions and offsets, and go through the graph at once. A task's clock ends where its last input does.
/// </summary>
internal sealed class Ideal
{
    private readonly Description _description;
    private readonly IReadOnlyDictionary<TopicPartition, IReadOnlyList<SourceEntry>> _logs;
    private readonly Dictionary<Operator, List<(Operator Reader, int Input)>[]> _readers;
    private readonly Dictionary<(Operator, int), object> _states = [];
    private readonly Dictionary<(string Topic, int Partition), long> _ends = [];
    private readonly Dictionary<(Operator, int Partition), long> _finalClocks = [];
    private readonly SortedDictionary<long, List<Arrival>> _arrivals = [];
    private readonly SortedSet<long> _wakes = [];
    private readonly HashSet<Operator> _ticked = [];
    private readonly HashSet<Operator> _keepPositions = [];
    private string? _inProcess;
    private bool _isProcessing;

    /// <param name="description">The topology.</param>
    /// <param name="logs">What is in the source partitions: the records that count, in their order.</param>
    public Ideal(Description description, IReadOnlyDictionary<TopicPartition, IReadOnlyList<SourceEntry>> logs)
    {
        _description = description;
        _logs = logs;
        foreach (var each in description.Operators.Where(static o => o.LooksAtPositions))
            KeepPositions(each);
        _readers = description.Operators.ToDictionary(static o => o, static o => o.Outputs.Select(static _ => new List<(Operator, int)>()).ToArray());
        foreach (var each in description.Operators)
        {
            for (var input = 0; input < each.Inputs.Count; input++)
                _readers[each.Inputs[input].From][each.Inputs[input].Port].Add((each, input));
        }

        foreach (var source in description.Operators.OfType<IEntry>())
        {
            foreach (var topic in source.SourceTopics.Keys)
                logs.Where(l => l.Key.Topic == topic).ToList().ForEach(l => Schedule(source, l.Key, l.Value));
        }
    }

    /// <summary>The tick that the clock is at.</summary>
    public long Now { get; private set; } = long.MinValue;

    public Layout Layout => _description.Layout;

    /// <summary>Records in the topics that sinks write, each topic's in the order in which they were written.</summary>
    public Dictionary<string, List<Item>> Written { get; } = [];

    /// <summary>Records that came for a closed window, with the operator and the start of the window.</summary>
    public List<(Operator At, string Node, Item Item, long StartMs)> Late { get; } = [];

    /// <summary>Records of which something failed, as far as a task has their bytes: the kind of fault, the record, and the operator.</summary>
    public List<string> DeadLetters { get; } = [];

    /// <summary>The last value of each key of a topic that was complete before anything ran.</summary>
    public Dictionary<string, string> RowsOf(string topic)
    {
        var rows = new Dictionary<string, string>();
        foreach (var entry in _logs.Where(l => l.Key.Topic == topic).SelectMany(static l => l.Value).Where(static e => e.Key is not null))
        {
            if (entry.Value is null)
                rows.Remove(entry.Key!);
            else
                rows[entry.Key!] = entry.Value;
        }

        return rows;
    }

    /// <summary>A record came for a closed window.</summary>
    public void Miss(Operator at, int input, Item item, long startMs) => Late.Add((at, at.LateNodes[input % at.LateNodes.Count], item, startMs));

    /// <summary>A function of an operator throws: what is done for the record ends.</summary>
    public void Fail(Operator at)
    {
        SetAside(FaultKind.Processing, at);
        throw new Failed();
    }

    /// <summary>The record in process is told as a fault.</summary>
    public void SetAside(FaultKind kind, Operator at)
    {
        if (_inProcess is not null)
            DeadLetters.Add($"{kind} of {_inProcess} at {at.Name}");
    }

    public void Run()
    {
        for (var tick = NextTick(); tick < long.MaxValue; tick = NextTick())
        {
            Now = tick;
            _wakes.Remove(tick);
            _ticked.Clear();
            foreach (var each in _description.Operators)
            {
                _ticked.Add(each);
                each.Tick(this, tick);
            }

            if (!_arrivals.Remove(tick, out var arrivals))
                continue;
            foreach (var arrival in arrivals.Order())
                Process($"{arrival.At}@{arrival.Item.Position!.Value.Offset}", () => arrival.Source.Enter(this, arrival.At.Partition, arrival.Item));
        }
    }

    /// <summary>Asks for a tick.</summary>
    public void WakeAt(long tick)
    {
        if (tick > Now)
            _wakes.Add(tick);
    }

    /// <summary>Whether a time has come for an operator: at the tick itself, as soon as it was the operator's turn. What operators in front of it give at that tick comes before.</summary>
    public bool IsPast(Operator of, long time) => time < Now || (time == Now && _ticked.Contains(of));

    /// <summary>Hands a record to everybody who reads an edge, in the order in which they were added.</summary>
    public void Emit(Edge edge, int partition, Item item)
    {
        // Results of closing windows, and what has waited: nobody has their bytes.
        if (!_isProcessing)
            EmitApart(edge, partition, item);
        else
            _readers[edge.From][edge.Port].ForEach(r => HandOver(r.Reader, r.Input, partition, item));
    }

    /// <summary>The same for what has waited: a reader that fails keeps it from no other one.</summary>
    public void EmitApart(Edge edge, int partition, Item item)
    {
        foreach (var (reader, input) in _readers[edge.From][edge.Port])
            Process(_inProcess, () => HandOver(reader, input, partition, item));
    }

    /// <summary>What has waited goes through an operator: what it gives ends with the first reader that fails.</summary>
    public void Resume(Action process) => Process(null, process);

    private void HandOver(Operator reader, int input, int partition, Item item)
    {
        if (!reader.IsBehindShuffle)
            reader.Take(this, input, partition, item);
        else if (reader.Rekey(item) is { Key: { } key } rekeyed)
            Process($"key {key}", () => reader.Take(this, input, NaivePartitioner.Of(key, Layout.WidthOf(reader)), rekeyed with { Origin = BehindShuffle(reader, item) }));
    }

    /// <summary>A record reaches a topic that is compared.</summary>
    public void Write(string topic, Item item)
    {
        if (!Written.TryGetValue(topic, out var rows))
            Written[topic] = rows = [];
        rows.Add(item);
    }

    /// <summary>What an operator keeps for a partition.</summary>
    public T State<T>(Operator of, int partition)
        where T : class, new()
    {
        if (_states.TryGetValue((of, partition), out var state))
            return (T)state;
        var made = new T();
        _states[(of, partition)] = made;
        return made;
    }

    /// <summary>All that an operator keeps, in the order of partitions.</summary>
    public IEnumerable<(int Partition, T State)> States<T>(Operator of)
        where T : class => _states.Where(s => s.Key.Item1 == of && s.Value is T).OrderBy(static s => s.Key.Item2).Select(static s => (s.Key.Item2, (T)s.Value)).ToList();

    /// <summary>How far the clock of a task comes in the end, when all inputs have fallen silent: as far as the furthest of them.</summary>
    /// <param name="of">An operator that has a store or waits for a time.</param>
    /// <param name="partition">The task's partition.</param>
    public long FinalClock(Operator of, int partition)
    {
        if (_finalClocks.TryGetValue((of, partition), out var known))
            return known;
        var clock = Layout.EntriesOfTask(of).Select(e => End(e, partition)).Concat(Layout.AnsweredInTask(of).Select(j => EndOfAnswers(j, []))).Append(long.MinValue).Max();
        return _finalClocks[(of, partition)] = clock;
    }

    /// <summary>Whether what waits for others of its instant goes on at a tick: the clock of its task comes there, or ends just before, when all inputs are silent and nobody is waited for.</summary>
    public bool EndsWaitAt(Operator of, int partition, long tick) => FinalClock(of, partition) >= tick - 1;

    private long End(Operator entry, int partition) => entry.SourceTopics.Count > 0 ? EndOfSource(entry, partition) : partition >= Layout.WidthOf(entry) ? long.MinValue : EndOfAll(entry, []);

    private long EndOfSource(Operator source, int partition) => source.SourceTopics.Keys.Select(t => _ends.GetValueOrDefault((t, partition), long.MinValue)).Max();

    // What comes through a shuffle is as far as the furthest task that writes to it, whichever partition it reads. Tasks may read what they write: each is looked at once.
    private long EndOfAll(Operator entry, HashSet<Operator> seen) => entry.SourceTopics.Count > 0
        ? Enumerable.Range(0, Layout.WidthOf(entry)).Max(p => EndOfSource(entry, p))
        : !seen.Add(entry) ? long.MinValue
        : entry.Inputs.SelectMany(i => Layout.Entries(i.From).Select(e => EndOfAll(e, seen)).Concat(Layout.Answered(i.From).Select(j => EndOfAnswers(j, seen)))).Append(long.MinValue).Max();

    // Answers are as far as the tasks that ask and those that answer, whichever are further: as far as all inputs of these, also those that have nothing to do with the join.
    private long EndOfAnswers(Operator join, HashSet<Operator> seen) => !seen.Add(join) ? long.MinValue
        : join.Inputs.SelectMany(i => Layout.EntriesOfTask(i.From).Select(e => EndOfAll(e, seen)).Concat(Layout.AnsweredInTask(i.From).Select(j => EndOfAnswers(j, seen)))).Append(long.MinValue).Max();

    // A failure ends what is done for one record, and nothing else.
    private void Process(string? record, Action process)
    {
        var outer = (_inProcess, _isProcessing);
        (_inProcess, _isProcessing) = (record, true);
        try
        {
            process();
        }
        catch (Failed)
        {
            // What came before stays.
        }
        finally
        {
            (_inProcess, _isProcessing) = outer;
        }
    }

    private long NextTick() => Math.Min(_arrivals.Count > 0 ? _arrivals.Keys.First() : long.MaxValue, _wakes.Count > 0 ? _wakes.Min : long.MaxValue);

    // A record that is in order takes nothing along through a shuffle, unless somebody behind it asks for that: if it is late behind it, it is so as the result of something.
    private Origin BehindShuffle(Operator reader, Item item) => new(item.ReadAtMs == item.TimeMs && !_keepPositions.Contains(reader) ? null : item.Origin.Source, HasBytes: true);

    // From an operator that looks at positions back to its sources.
    private void KeepPositions(Operator upTo)
    {
        if (!_keepPositions.Add(upTo))
            return;
        foreach (var input in upTo.Inputs)
            KeepPositions(input.From);
    }

    private void Schedule(IEntry source, TopicPartition at, IReadOnlyList<SourceEntry> entries)
    {
        var end = long.MinValue;
        foreach (var entry in entries)
        {
            if (entry.IsMalformed && source.Reads(entry))
                DeadLetters.Add($"{FaultKind.Deserialization} of {at}@{entry.Offset} at {source.Name}");
            if (source.TimeOf(entry) is not (>= 0 and var time))
                continue;
            end = Math.Max(end, time);
            if (entry.IsMalformed || !source.Takes(entry))
                continue;
            if (!_arrivals.TryGetValue(end, out var arrivals))
                _arrivals[end] = arrivals = [];
            arrivals.Add(new(source, at, new(entry.Key, entry.Value, time, end, new((at.Topic, at.Partition, entry.Offset), HasBytes: true)) { Position = (at.Topic, at.Partition, entry.Offset) }));
        }

        _ends[(at.Topic, at.Partition)] = end;
    }

    private sealed class Failed : Exception;

    private readonly record struct Arrival(IEntry Source, TopicPartition At, Item Item) : IComparable<Arrival>
    {
        public int CompareTo(Arrival other) => (At, Item.Origin.Source!.Value.Offset).CompareTo((other.At, other.Item.Origin.Source!.Value.Offset));
    }
}

/// <summary>A record in a source partition; malformed: key or value are no text, and absent here.</summary>
internal sealed record SourceEntry(string? Key, string? Value, long Timestamp, long Offset)
{
    public bool IsMalformed { get; init; }

    /// <summary>Whether it has a value, whether that is text or not.</summary>
    public bool HasValue { get; init; } = Value is not null;
}
