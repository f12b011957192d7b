namespace CrashStreams.Tests.Topologies;

/// <summary>Count, Reduce and Aggregate per day, week or month of a time zone: every update or the final result.</summary>
internal sealed class CalendarAggregate : WindowAggregate
{
    private CalendarAggregate(Sketch sketch, Edge input, Fold fold, Calendar windows)
        : base(sketch, input, fold, windows)
    {
    }

    public static new Operator? Draw(Sketch sketch) =>
        Fold.Draw(sketch, isWindowed: true) is var (input, fold) ? new CalendarAggregate(sketch, input, fold, Calendar.Draw(sketch.Random, sketch.Random.Chance(0.5))) : null;
}
