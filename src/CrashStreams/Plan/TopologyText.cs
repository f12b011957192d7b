using System.Text;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>Topologies as text: Kafka Streams' description, and Mermaid.</summary>
internal static class TopologyText
{
    public static string Describe(IReadOnlyList<SubTopology> subTopologies)
    {
        var text = new StringBuilder("Topologies:\n");
        foreach (var subTopology in subTopologies)
        {
            if (subTopology.Nodes is [IGlobalTableNode table])
            {
                Describe(text, subTopology.Id, table);
                continue;
            }

            text.Append($"{(subTopology.Id == 0 ? " " : "")}  Sub-topology: {subTopology.Id}\n");
            foreach (var node in InKafkaStreamsOrder(subTopology.Nodes))
                Describe(text, node);
            text.Append('\n');
        }

        return text.ToString();
    }

    private static void Describe(StringBuilder text, int id, IGlobalTableNode table) => text
        .Append($"{(id == 0 ? " " : "")}  Sub-topology: {id} for global store (will not generate tasks)\n")
        .Append($"    Source: {table.SourceName} (topics: [{table.Topic}])\n      --> {table.Name}\n")
        .Append($"    Processor: {table.Name} (stores: [{table.Store.Name}])\n      --> none\n      <-- {table.SourceName}\n");

    public static string Mermaid(IReadOnlyList<SubTopology> subTopologies)
    {
        var text = new StringBuilder("flowchart LR\n");
        foreach (var subTopology in subTopologies)
        {
            text.Append($"  subgraph s{subTopology.Id} [\"Sub-topology {subTopology.Id}\"]\n");
            foreach (var node in subTopology.Nodes)
            {
                text.Append($"    {Id(node)}[\"{node.Name}\"]\n");
                foreach (var store in node.Stores)
                    text.Append($"    store_{Escape(store.Name)}[(\"{store.Name}\")]\n    {Id(node)} --- store_{Escape(store.Name)}\n");
                foreach (var child in node.Children)
                    text.Append($"    {Id(node)} --> {Id(child)}\n");
            }

            text.Append("  end\n");
        }

        foreach (var node in subTopologies.SelectMany(s => s.Nodes))
        {
            foreach (var topic in node is ISourceNode source ? source.Topics : [])
                text.Append($"  topic_{Escape(topic)}([\"{topic}\"]) --> {Id(node)}\n");
            if (node is ISinkNode { Topic: { } sinkTopic })
                text.Append($"  {Id(node)} --> topic_{Escape(sinkTopic)}([\"{sinkTopic}\"])\n");
        }

        return text.ToString();
    }

    private static void Describe(StringBuilder text, TopologyNode node)
    {
        text.Append(node switch
        {
            ISourceNode source => $"    Source: {node.Name} (topics: [{string.Join(", ", source.Topics)}])\n",
            ISinkNode sink => $"    Sink: {node.Name} ({(sink.Topic is null ? "extractor class: per record" : $"topic: {sink.Topic}")})\n",
            _ => $"    Processor: {node.Name} (stores: [{string.Join(", ", InJavaSetOrder(node.Stores.Select(s => s.Name).ToList()))}])\n",
        });
        if (node is not ISinkNode)
            text.Append($"      --> {Names(node.Children)}\n");
        if (node is not ISourceNode)
            text.Append($"      <-- {Names(node.Parents)}\n");
    }

    // Kafka Streams keeps a node's stores in a java.util.HashSet: by the low bits of their hashes.
    private static IEnumerable<string> InJavaSetOrder(List<string> names)
    {
        var buckets = 16;
        while (names.Count > buckets * 3 / 4)
            buckets *= 2;
        return names.OrderBy(name =>
        {
            var hash = 0;
            foreach (var c in name)
                hash = unchecked((31 * hash) + c);
            return (hash ^ (hash >>> 16)) & (buckets - 1);
        });
    }

    private static string Names(IReadOnlyList<TopologyNode> nodes) => nodes.Count == 0 ? "none" : string.Join(", ", nodes.Select(n => n.Name));

    // Kafka Streams sorts by the number of nodes behind a node, counted along every path, then by name; a tree of a source stays together.
    private static IEnumerable<TopologyNode> InKafkaStreamsOrder(IReadOnlyList<TopologyNode> nodes) =>
        nodes.OrderByDescending(Size).ThenBy(n => n.Name, StringComparer.Ordinal);

    private static int Size(TopologyNode node) => 1 + node.Children.Sum(Size);

    private static string Id(TopologyNode node) => "n_" + Escape(node.Name);

    private static string Escape(string name) => new(name.Select(c => char.IsLetterOrDigit(c) ? c : '_').ToArray());
}
