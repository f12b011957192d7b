namespace CrashStreams.Samples.Terminal;

/// <summary>How fast a number grows, over the last seconds.</summary>
internal sealed class Rate(TimeProvider time)
{
    private static readonly TimeSpan _span = TimeSpan.FromSeconds(3);

    private readonly Queue<(long Timestamp, long Number)> _samples = [];

    public double PerSecond(long number)
    {
        _samples.Enqueue((time.GetTimestamp(), number));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().Timestamp) > _span)
            _samples.Dequeue();
        var (timestamp, before) = _samples.Peek();
        var seconds = time.GetElapsedTime(timestamp).TotalSeconds;
        return seconds > 0 ? (number - before) / seconds : 0;
    }
}
