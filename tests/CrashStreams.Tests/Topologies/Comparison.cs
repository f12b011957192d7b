using System.Buffers.Binary;
using System.Text;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>What a run promises of what it leaves behind.</summary>
internal enum Promise
{
    /// <summary>Nothing lost; records may have been processed twice.</summary>
    AtLeastOnce,

    /// <summary>The state was built again from the whole input: it is exact, and results that were written before are written again.</summary>
    Again,

    /// <summary>Everything once.</summary>
    Exact,
}

/// <summary>Compares what a run has left in topics and changelogs with the ideal run, as far as each stream's traits promise it.</summary>
internal sealed class Comparison(Description description, SimulatedCluster cluster, string application, Promise promise, List<string> violations)
{
    private readonly bool _isExact = promise == Promise.Exact;
    private readonly Ideal _ideal = new(description, Feed.Logs(cluster, description.SourceTopics.Keys));

    /// <summary>Whether records of which something fails go to a topic.</summary>
    public required bool HasDeadLetters { get; init; }

    /// <summary>Rows, stored rows and late records that there had to be.</summary>
    public int Compared { get; private set; }

    public void Run()
    {
        _ideal.Run();
        foreach (var sink in description.Sinks)
        {
            foreach (var topic in sink.ResultTopics.Keys)
                CompareTopic(topic, sink);
        }

        foreach (var contents in description.Operators.Select(o => o.Contents(_ideal)).OfType<StoreContents>())
            CompareStore(contents);
        CompareLate();
        if (HasDeadLetters)
            CompareDeadLetters();
    }

    private void CompareTopic(string topic, ISink sink)
    {
        var expected = _ideal.Written.GetValueOrDefault(topic, []).ConvertAll(static i => new Row(i.Key, i.Value, i.TimeMs, i.IsCorrection));
        var actual = new List<Row>();
        foreach (var partition in cluster.Partitions(topic))
        {
            foreach (var (offset, entry) in partition.Committed())
            {
                var row = sink.Read(entry);
                actual.Add(row);
                // A windowed key is hashed without its window.
                var key = sink is Sink ? row.Key : row.Key?[..row.Key.LastIndexOf('@')];
                if (key is not null && NaivePartitioner.Of(key, cluster.PartitionCount(topic)!.Value) is var right && right != partition.At.Partition)
                    violations.Add($"{partition.At}@{offset}: {row} belongs to partition {right}");
            }
        }

        Compared += expected.Count;
        switch (sink.Traits)
        {
            case { Content: Content.Exact } when promise == Promise.Again && sink is Corrected:
                Sets($"{topic}, first results", expected.Where(static r => !r.IsCorrection).Distinct(), actual.Where(static r => !r.IsCorrection).Distinct());
                Sets($"{topic}, last results", Last(expected), Last(actual));
                break;
            case { Content: Content.Exact } when promise == Promise.Again:
                Sets(topic, expected.Distinct(), actual.Distinct());
                break;
            case { Content: var content } when promise == Promise.Again:
                // A row that was there in between, before the positions were lost, need not be there in between when all is read again: nobody takes it back then.
                var last = Last(expected, sink.Traits.MayBeEmpty).ToDictionary();
                Sets($"{topic}, last rows", last.Select(static r => (r.Key, r.Value)), Last(actual, sink.Traits.MayBeEmpty).Where(r => last.ContainsKey(r.Item1)));
                break;
            case { Content: Content.Exact } when _isExact && sink is Corrected:
                // How many corrections there are between the first result and the last depends on the order between partitions.
                Sets($"{topic}, first results", expected.Where(static r => !r.IsCorrection), actual.Where(static r => !r.IsCorrection));
                Sets($"{topic}, last results", Last(expected), Last(actual));
                break;
            case { Content: Content.Exact } when _isExact:
                Sets(topic, expected, actual);
                break;
            case { Content: Content.Exact, Repeats: Repeats.Same }:
                Sets(topic, expected.Distinct(), actual.Distinct());
                break;
            case { Content: var content } when _isExact:
                Sets($"{topic}, last rows", Last(expected, sink.Traits.MayBeEmpty), Last(actual, sink.Traits.MayBeEmpty));
                if (content == Content.Counted)
                    Sets($"{topic}, rows of each key", expected.Select(static r => r.Key ?? ""), actual.Select(static r => r.Key ?? ""));
                break;
            case { Content: Content.Exact, Repeats: Repeats.Values }:
                Sets($"{topic}, keys and values", expected.Select(static r => $"{r.Key} = {r.Value}").Distinct(), actual.Select(static r => $"{r.Key} = {r.Value}").Distinct());
                if (sink.Traits.IsKeyed)
                    Sets($"{topic}, last rows", Last(expected), Last(actual));
                break;
            case { Repeats: Repeats.AtLeast }:
                AtLeast(topic, expected.Select(static r => (r.Key ?? "", Item.Parse(r.Value))), actual.Select(static r => (r.Key ?? "", Item.Parse(r.Value))));
                break;
        }
    }

    private void CompareStore(StoreContents contents)
    {
        var stored = new Dictionary<(int, string, long), string>();
        foreach (var partition in cluster.Partitions($"{application}-{contents.Name}-changelog"))
        {
            foreach (var (_, entry) in partition.Committed())
            {
                var key = contents.IsWindowed
                    ? (partition.At.Partition, Serdes.String.Deserialize(entry.Key.AsSpan()[..^12]), BinaryPrimitives.ReadInt64BigEndian(entry.Key.AsSpan()[^12..]))
                    : (partition.At.Partition, Serdes.String.Deserialize(entry.Key), -1);
                if (entry.Value is null)
                    stored.Remove(key);
                else
                    stored[key] = Item.Text(Serdes.Int64.Deserialize(entry.Value));
            }
        }

        Compared += contents.Rows.Count;
        if (contents.Of is TableFold)
            stored = stored.Where(static s => s.Value != "0").ToDictionary();
        // Where inputs are of unequal width a changelog's partitions are numbered by tasks, from wherever the input's tasks begin. Which partition belongs to which task is StateCheck's.
        var isUneven = description.Layout.Entries(contents.Of).Select(description.Layout.WidthOf).Distinct().Count() > 1;
        var firsts = Enumerable.Range(0, isUneven ? cluster.PartitionCount($"{application}-{contents.Name}-changelog")!.Value : 1);
        if (promise != Promise.AtLeastOnce)
            violations.AddRange(firsts.Select(first => Differences(contents, stored, first)).MinBy(static d => d.Count)!);
        else if (contents.Traits.Repeats == Repeats.AtLeast && !isUneven)
            AtLeast($"store {contents.Name}", contents.Rows.Select(static r => ($"{r.Key}", Item.Parse(r.Value))), stored.Select(static r => ($"{r.Key}", Item.Parse(r.Value))));
    }

    // Of windows that are closed it has what some commit wrote: entries that expire before they were ever committed are not written.
    private static List<string> Differences(StoreContents contents, Dictionary<(int, string, long), string> stored, int firstPartition)
    {
        var rows = stored.Select(r => ((r.Key.Item1 - firstPartition, r.Key.Item2, r.Key.Item3), r.Value)).Where(r => !contents.IsWindowed || contents.Rows.ContainsKey(r.Item1));
        var differences = new List<string>();
        Scenario.CompareSets($"store {contents.Name}", contents.Rows.Select(static r => (r.Key, r.Value)), rows, differences);
        return differences;
    }

    private void CompareLate()
    {
        // What is late behind a shuffle and was repeated there is not the same twice.
        var expected = _ideal.Late.Where(l => (_isExact || l.At.Inputs[0].Traits.Repeats == Repeats.Same) && l.Item.Origin.HasBytes)
            .Select(static l => Describe(l.Item.Origin.Source is { } at ? $"{at.Topic}-{at.Partition}@{at.Offset}" : $"result {l.Item.Key}", l.Node, l.StartMs)).ToList();
        var known = description.Operators.Where(o => _isExact || o.Inputs.Count == 0 || o.Inputs[0].Traits.Repeats == Repeats.Same).SelectMany(static o => o.LateNodes).ToHashSet();
        var actual = cluster.Partitions(Scenario.Late).SelectMany(static p => p.Committed()).Select(static e => e.Entry).Where(e => known.Contains(Header(e, "cs-node"))).Select(Describe).ToList();
        Compared += expected.Count;
        // What is repeated behind an idle partition may be taken for late; it was in time when it came first, and its result is compared like any other.
        if (_isExact)
            Sets("late", expected, actual);
        else
            Sets("late", expected.Distinct(), actual.Where(static l => !l.EndsWith("(late-after-idle)", StringComparison.Ordinal)).Distinct());
    }

    private void CompareDeadLetters()
    {
        var actual = cluster.Partitions(PlannedFault.DeadLetters).SelectMany(static p => p.Committed()).Select(e =>
        {
            var topic = Header(e.Entry, "cs-topic");
            var what = description.SourceTopics.ContainsKey(topic) ? $"{topic}-{Header(e.Entry, "cs-partition")}@{Header(e.Entry, "cs-offset")}" : $"key {Encoding.UTF8.GetString(e.Entry.Key!)}";
            return $"{Header(e.Entry, "cs-fault-kind")} of {what} at {Header(e.Entry, "cs-node")}";
        });
        Compared += _ideal.DeadLetters.Count;
        if (_isExact)
            Sets("dead letters", _ideal.DeadLetters, actual);
        else
            Sets("dead letters", _ideal.DeadLetters.Distinct(), actual.Distinct());
    }

    private static string Describe(SimulatedEntry late)
    {
        var reason = Header(late, "cs-fault-reason") is var text and not "late" ? $" ({text})" : "";
        var what = late.Headers!.Last("cs-source-topic") is null
            ? $"result {Encoding.UTF8.GetString(late.Key!)}"
            : $"{Header(late, "cs-source-topic")}-{Header(late, "cs-source-partition")}@{Header(late, "cs-source-offset")}";
        return Describe(what, Header(late, "cs-node"), long.Parse(Header(late, "cs-window-start"), System.Globalization.CultureInfo.InvariantCulture)) + reason;
    }

    private static string Describe(string what, string node, long startMs) => $"{what} at {node} for {startMs}";

    private static string Header(SimulatedEntry entry, string name) => Encoding.UTF8.GetString(entry.Headers!.Last(name)!);

    // A row that is gone may in another order never have been there, and so may a group that is empty.
    private static IEnumerable<(string, string?)> Last(IEnumerable<Row> rows, bool mayBeEmpty = false) => rows.GroupBy(static r => r.Key ?? "").Select(static g => (g.Key, g.Last().Value))
        .Where(r => r.Value is not null && !(mayBeEmpty && r.Value == "0"));

    private void Sets<T>(string what, IEnumerable<T> expected, IEnumerable<T> actual)
        where T : notnull => Scenario.CompareSets(what, expected, actual, violations);

    private void AtLeast(string what, IEnumerable<(string Key, long Number)> expected, IEnumerable<(string Key, long Number)> actual)
    {
        var most = actual.GroupBy(static a => a.Key).ToDictionary(static g => g.Key, static g => g.Max(static a => a.Number));
        violations.AddRange(expected.Where(e => !most.TryGetValue(e.Key, out var number) || number < e.Number)
            .Select(e => $"{what}: lost {e.Key} = {e.Number}; there is {(most.TryGetValue(e.Key, out var number) ? number : "nothing")}"));
    }
}
