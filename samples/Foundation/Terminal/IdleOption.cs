using System.CommandLine;
using CrashStreams.CommandLine;

namespace CrashStreams.Samples.Terminal;

/// <summary>
/// When a partition without events is not waited for any more. Live, events of hours may come within seconds after a silence, in one partition before the others: a partition that had been given up would bring
/// its first events too late. Behind a backlog nothing more is expected.
/// </summary>
internal sealed class IdleOption
{
    private static readonly TimeSpan _live = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _behindBacklog = TimeSpan.FromSeconds(5);

    private readonly DurationOption _idleAfter = new("--idle-after", "A partition without events for so long is not waited for [default: 30s; 5s with --exit-when-caught-up]", fallback: null);

    public void AddTo(Command command) => command.Add(_idleAfter);

    /// <exception cref="UsageException">It is negative.</exception>
    public TimeSpan Read(ParseResult arguments, bool untilCaughtUp)
    {
        var idleAfter = _idleAfter.ReadOrNone(arguments) ?? (untilCaughtUp ? _behindBacklog : _live);
        return idleAfter >= TimeSpan.Zero ? idleAfter : throw new UsageException($"{_idleAfter.Name} must not be negative.");
    }
}
