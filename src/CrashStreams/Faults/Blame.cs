namespace CrashStreams.Faults;

/// <summary>
/// Finds out which operator threw. Records are handed from operator to operator by nested calls; an exception filter at each hand-over runs before anything is unwound, the
/// innermost first, so the first that is asked about an exception stands at the operator that threw it. Costs nothing unless something is thrown.
/// </summary>
internal static class Blame
{
    // A task and its operators run in one thread.
    [ThreadStatic]
    private static Exception? _exception;

    [ThreadStatic]
    private static string? _node;

    /// <summary>For exception filters: notes the node, and never catches.</summary>
    public static bool On(string node, Exception exception)
    {
        if (!ReferenceEquals(exception, _exception))
            (_exception, _node) = (exception, node);
        return false;
    }

    /// <summary>The node that threw, or <paramref name="otherwise"/> when none has noted it. An exception is thrown again by another node, so it is forgotten.</summary>
    public static string Take(Exception exception, string otherwise)
    {
        var node = ReferenceEquals(exception, _exception) ? _node! : otherwise;
        (_exception, _node) = (null, null);
        return node;
    }
}
