using System.Globalization;

namespace CrashStreams.Samples.Terminal;

/// <summary>
/// Shows how far something has come: a line on the error stream, rewritten in place on a terminal, at most every 200 ms there and
/// every two seconds in a file. Quick things show nothing. Used by one reporter at a time; output of others goes through <see cref="Above"/>.
/// </summary>
internal sealed class Steps(string what, TimeProvider time) : IProgress<(long Done, long All)>, IDisposable
{
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(2);
    private static readonly Lock _console = new();
    private static int _lineLength;

    private readonly TimeSpan _interval = Console.IsErrorRedirected ? TimeSpan.FromSeconds(2) : TimeSpan.FromMilliseconds(200);
    private long? _began;
    private long _shown;
    private (long Done, long All) _last;

    private TimeSpan Elapsed => _began is { } began ? time.GetElapsedTime(began) : TimeSpan.Zero;

    /// <summary>Writes to the console without tearing a progress line.</summary>
    public static void Above(Action write)
    {
        lock (_console)
        {
            Erase();
            write();
        }
    }

    public void Report((long Done, long All) value)
    {
        _last = value;
        _began ??= time.GetTimestamp();
        if (Elapsed < _silence || time.GetElapsedTime(_shown) < _interval)
            return;
        _shown = time.GetTimestamp();
        Show(Text(value));
    }

    /// <summary>Ends the line, with the final figures when it was ever shown.</summary>
    public void Dispose()
    {
        if (Elapsed >= _silence)
            Above(() => Console.Error.WriteLine(Text(_last)));
    }

    private string Text((long Done, long All) value)
    {
        var rate = value.Done / Math.Max(0.001, Elapsed.TotalSeconds);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {value.Done:N0}{(value.All > 0 ? $" of {value.All:N0} ({100.0 * value.Done / value.All:F0} %)" : "")}, {rate:N0}/s");
    }

    private static void Show(string text)
    {
        lock (_console)
        {
            Erase();
            Console.Error.Write(Console.IsErrorRedirected ? text + Environment.NewLine : text);
            _lineLength = Console.IsErrorRedirected ? 0 : text.Length;
        }
    }

    private static void Erase()
    {
        if (_lineLength > 0)
            Console.Error.Write($"\r{new string(' ', _lineLength)}\r");
        _lineLength = 0;
    }
}
