namespace CrashStreams.Samples.Learning.Views;

/// <summary>Windows aligned to the Unix epoch: tumbling, or hopping when they advance by less than their size.</summary>
/// <param name="Size">From a window's start to its end.</param>
/// <param name="Advance">From a window's start to the next one's.</param>
internal sealed record ViewWindow(TimeSpan Size, TimeSpan Advance)
{
    public static ViewWindow W1 { get; } = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));

    public static ViewWindow W5 { get; } = new(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5));

    public static ViewWindow H5 { get; } = new(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1));
}
