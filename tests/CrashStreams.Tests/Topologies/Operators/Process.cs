using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// A processor with a store: counts the records of each key. Process or ProcessValues; each count forwarded at once, or the last one of each key at punctuations, on the wall
/// clock or on stream time as well. Where the order is known a tombstone deletes the key.
/// </summary>
internal sealed class Process : Operator
{
    private readonly bool _isValuesOnly;
    private readonly bool _waits;
    private readonly bool _hasStreamTime;
    private readonly bool _deletes;

    private Process(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        var random = sketch.Random;
        _isValuesOnly = random.Chance(0.5);
        _waits = input.Traits.IsKeyed && random.Chance(0.5);
        _hasStreamTime = random.Chance(0.5);
        _deletes = input.Traits.IsOrdered && !_waits;
        var traits = input.Traits.Folded();
        if (_waits)
            traits = traits with { IsOrdered = false, IsTimed = false, Content = Content.Last };
        if (_deletes)
            traits = traits with { IsRising = false, Repeats = Repeats.Anything };
        AddOutput(EdgeKind.Stream, _isValuesOnly ? traits : traits with { IsRekeyed = true });
    }

    public override string Text => $"process{(_isValuesOnly ? " values" : "")}: count{(_deletes ? " or delete" : "")}{(_waits ? $" until punctuation{(_hasStreamTime ? " on both clocks" : "")}" : "")}";

    public override bool HasStore => true;

    public override bool HasOwnFault => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, CanFoldInPlace: true, IsRekeyed: false }) is { } input ? new Process(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        dsl.Builder.AddKeyValueStore<string, long>(Name).AddKeyValueStore<string, long>($"{Name}-waiting");
        var (stream, stores, first) = (dsl.Stream(Inputs[0]), new[] { Name, $"{Name}-waiting" }, dsl.IsFaulty(this) ? 2 : 1);
        dsl.Set(Outputs[0], _isValuesOnly ? stream.ProcessValues(() => new Counter(this, first), stores, Name) : stream.Process(() => new Counter(this, first), stores, Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is null)
            return;
        var counts = run.State<Dictionary<string, long>>(this, partition);
        if (_deletes && item.Value is null)
        {
            counts.Remove(item.Key);
            return;
        }

        counts[item.Key] = counts.GetValueOrDefault(item.Key) + 1;
        run.Emit(Outputs[0], partition, item.With(counts[item.Key]));
    }

    public override StoreContents Contents(Ideal run) => new(
        this, IsWindowed: false,
        run.States<Dictionary<string, long>>(this).SelectMany(s => s.State.Select(row => ((s.Partition, row.Key, -1L), Item.Text(row.Value)))).ToDictionary(), Outputs[0].Traits);

    private sealed class Counter(Process of, long first) : Processor<string, string?, string, string?>
    {
        private const int IntervalMs = 700;

        private IKeyValueStore<string, long> _counts = null!;
        private IKeyValueStore<string, long> _waiting = null!;

        protected override void Init()
        {
            (_counts, _waiting) = (Context.KeyValueStore<string, long>(of.Name), Context.KeyValueStore<string, long>($"{of.Name}-waiting"));
            if (!of._waits)
                return;
            Context.Schedule(TimeSpan.FromMilliseconds(IntervalMs), PunctuationType.WallClock, ForwardWaiting);
            if (of._hasStreamTime)
                Context.Schedule(TimeSpan.FromMilliseconds(IntervalMs), PunctuationType.StreamTime, ForwardWaiting);
        }

        public override void Process(in Record<string, string?> record)
        {
            if (!record.HasKey)
                return;
            if (of._deletes && !record.HasValue)
            {
                _counts.Delete(record.Key);
                return;
            }

            var count = _counts.TryGet(record.Key, out var before) ? before + 1 : first;
            _counts.Put(record.Key, count);
            if (of._waits)
                _waiting.Put(record.Key, count);
            else
                Forward(record.WithValue<string?>(Item.Text(count)));
        }

        private void ForwardWaiting(long now)
        {
            foreach (var (key, count) in _waiting.All())
            {
                Forward(new Record<string, string?>(key, Item.Text(count), now));
                _waiting.Delete(key);
            }
        }
    }
}
