namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Inner, left and outer join of two streams. A record is held until nobody can come any more whose time fits, meets whoever of the other side is held with it, and comes out alone in the end
/// if it has met nobody.
/// </summary>
internal sealed class StreamJoin : Operator
{
    private const int WithoutPartner = 77;

    private readonly bool _keepsLeft;
    private readonly bool _keepsRight;
    private readonly int _beforeMs;
    private readonly int _afterMs;
    private readonly int _graceMs;

    // Both roles of a record are one, and it is late once.
    private readonly bool _isRewritten;

    private StreamJoin(Sketch sketch, Edge left, Edge right)
        : base(sketch, left, right)
    {
        var random = sketch.Random;
        (_keepsLeft, _keepsRight) = random.Pick([(false, false), (true, false), (true, true)]);
        (_beforeMs, _afterMs, _graceMs) = (random.Pick([0, 700, 4_000]), random.Pick([0, 900, 6_000]), random.Pick([0, 3_000, 20_000]));
        // One that has to be later, or earlier, by so much.
        if (random.Chance(0.2))
            _afterMs = -random.Pick([0, 300, 600]) is var after && after + _beforeMs >= 0 ? after : 0;
        else if (random.Chance(0.2))
            _beforeMs = -random.Pick([200, 900]) is var before && before + _afterMs >= 0 ? before : 0;
        if (left == right)
        {
            (_keepsLeft, _keepsRight) = (false, false);
            if (random.Chance(0.7))
                _afterMs = _beforeMs = Math.Abs(_beforeMs);
            _isRewritten = _beforeMs == _afterMs && sketch.Rewrites.HasFlag(TopologyRewrites.SelfJoins);
        }

        AddOutput(EdgeKind.Stream, left.Traits with
        {
            IsOrdered = false, IsRising = false, IsKeyed = left.Traits.IsKeyed && right.Traits.IsKeyed, Repeats = Repeats.Anything, Shuffles = Math.Max(left.Traits.Shuffles, right.Traits.Shuffles),
        });
    }

    public override string Text => $"{(_keepsRight ? "outer" : _keepsLeft ? "left" : "inner")} join of streams{(Inputs[0] == Inputs[1] ? ", with itself" : "")}, {_beforeMs} ms before to {_afterMs} ms after, grace {_graceMs} ms";

    public override bool HasStore => true;

    public override bool HoldsResults => _keepsLeft || _keepsRight;

    public override IReadOnlyList<string> LateNodes => [$"{Name}-this-windowed", $"{Name}-other-windowed"];

    public static Operator? Draw(Sketch sketch)
    {
        if (sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, IsTimed: true, IsRekeyed: false, IsCoPartitioned: true }) is not { } left)
            return null;
        if (sketch.Random.Chance(0.3))
            return new StreamJoin(sketch, left, left);
        var layout = new Layout(sketch.Operators);
        var right = sketch.Pick(
            EdgeKind.Stream, static t => t is { IsExact: true, IsTimed: true, IsRekeyed: false, IsCoPartitioned: true },
            e => e != left && Merge.AreEven(layout, left.From, e.From) && Merge.AreApart(layout, left.From, e.From));
        return right is null ? null : new StreamJoin(sketch, left, right);
    }

    public override void Build(Dsl dsl)
    {
        var (left, right) = (dsl.Stream(Inputs[0]), dsl.Stream(Inputs[1]));
        var windows = (_graceMs == 0 ? JoinWindows.OfTimeDifferenceWithNoGrace(TimeSpan.Zero) : JoinWindows.OfTimeDifferenceAndGrace(TimeSpan.Zero, TimeSpan.FromMilliseconds(_graceMs)))
            .Before(TimeSpan.FromMilliseconds(Math.Max(_beforeMs, 0))).After(TimeSpan.FromMilliseconds(_afterMs)).Before(TimeSpan.FromMilliseconds(_beforeMs));
        var joined = new StreamJoined<string, string?, string?> { Name = Name, StoreName = Name };
        dsl.Set(Outputs[0], _keepsRight ? left.OuterJoin(right, static (l, r) => Join(l.Value, r.Value), windows, joined, static _ => { })
            : _keepsLeft ? left.LeftJoin(right, static (l, r) => Join(l, r.Value), windows, joined, static _ => { })
            : left.Join(right, static (l, r) => Join(l, r), windows, joined, static _ => { }));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var heldUntil = HeldUntil(input, item.TimeMs);
        if (run.IsPast(this, heldUntil))
        {
            if (!_isRewritten || input == 0)
                run.Miss(this, input, item, item.TimeMs - (input == 0 ? _beforeMs : _afterMs));
            return;
        }

        if (item.Value is null)
            return;
        if (item.Key is null)
        {
            if (Keeps(input))
                run.Emit(Outputs[0], partition, item with { Value = input == 0 ? Join(item.Value, null) : Join(null, item.Value) });
            return;
        }

        var held = run.State<Held>(this, partition);
        var own = new Waiting(input, item);
        foreach (var other in held.Items.Where(o => o.Input != input && o.Item.Key == item.Key && !run.IsPast(this, HeldUntil(o.Input, o.Item.TimeMs))))
        {
            var (left, right) = input == 0 ? (item, other.Item) : (other.Item, item);
            if (right.TimeMs < left.TimeMs - _beforeMs || right.TimeMs > left.TimeMs + _afterMs)
                continue;
            own.HasMet = other.HasMet = true;
            run.Emit(Outputs[0], partition, item with
            {
                Value = Join(left.Value, right.Value), TimeMs = Math.Max(left.TimeMs, right.TimeMs), ReadAtMs = Math.Max(left.ReadAtMs, right.ReadAtMs),
                Position = null, Origin = item.Origin with { Source = null },
            });
        }

        held.Items.Add(own);
        run.WakeAt(heldUntil);
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, held) in run.States<Held>(this))
        {
            if (run.FinalClock(this, partition) < tick)
                continue;
            foreach (var waiting in held.Items.Where(w => HeldUntil(w.Input, w.Item.TimeMs) == tick).ToList())
            {
                held.Items.Remove(waiting);
                if (!waiting.HasMet && Keeps(waiting.Input))
                {
                    run.Emit(Outputs[0], partition, waiting.Item with
                    {
                        Value = waiting.Input == 0 ? Join(waiting.Item.Value, null) : Join(null, waiting.Item.Value), ReadAtMs = tick - 1, Position = null, Origin = new(null, HasBytes: false),
                    });
                }
            }
        }
    }

    private bool Keeps(int input) => input == 0 ? _keepsLeft : _keepsRight;

    // Through the last instant at which a partner is in time; of a window that ends before the record, through its own time.
    private long HeldUntil(int input, long timeMs) => timeMs + Math.Max(input == 0 ? _afterMs : _beforeMs, 0) + _graceMs + 1;

    private static string Join(string? left, string? right) =>
        Item.Text((3 * (left is null ? WithoutPartner : Item.Parse(left))) + (right is null ? WithoutPartner : Item.Parse(right)));

    private sealed class Waiting(int input, Item item)
    {
        public int Input => input;

        public Item Item => item;

        public bool HasMet { get; set; }
    }

    private sealed class Held
    {
        public List<Waiting> Items { get; } = [];
    }
}
