using System.Globalization;

namespace CrashStreams.Stores;

/// <summary>What is kept with a store's content: what it is of, when it was last known to be complete up to its position, and whose position that is.</summary>
/// <param name="Owner">Application, kind of store and types.</param>
/// <param name="CompleteAtMs">Wall clock, milliseconds: until then its owner was the only writer of the changelog.</param>
/// <param name="ChangelogId">The id of the topic that the position is of; null when the broker gave none, and in what earlier versions wrote.</param>
internal readonly record struct StateTag(string Owner, long CompleteAtMs, string? ChangelogId = null)
{
    // Changes with the layouts of the stores.
    private const string Format = "crashstreams state 1";

    public static string OwnerOf(string application, string kind) => $"{Format}, {application}, {kind}";

    public static StateTag Parse(string text) =>
        text.Split('\n') is [var owner, var time, .. var rest] && rest.Length < 2 && long.TryParse(time, NumberStyles.Integer, CultureInfo.InvariantCulture, out var timeMs)
            ? new(owner, timeMs, rest is [var id] ? id : null)
            : new(text, 0);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Owner}\n{CompleteAtMs}{(ChangelogId is null ? "" : "\n")}{ChangelogId}");
}
