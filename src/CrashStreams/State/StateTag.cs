using System.Globalization;

namespace CrashStreams.State;

/// <summary>What is kept with a store's content: what it is of, and when it was last known to be complete up to its position.</summary>
/// <param name="Owner">Application, kind of store and types.</param>
/// <param name="CompleteAtMs">Wall clock, milliseconds: until then its owner was the only writer of the changelog.</param>
internal readonly record struct StateTag(string Owner, long CompleteAtMs)
{
    // Changes with the layouts of the stores.
    private const string Format = "crashstreams state 1";

    public static string OwnerOf(string application, string kind) => $"{Format}, {application}, {kind}";

    public static StateTag Parse(string text) =>
        text.Split('\n') is [var owner, var time] && long.TryParse(time, NumberStyles.Integer, CultureInfo.InvariantCulture, out var timeMs) ? new(owner, timeMs) : new(text, 0);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Owner}\n{CompleteAtMs}");
}
