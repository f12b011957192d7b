using CrashStreams.Aggregations;
using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>When all is quiet every running store is its changelog: what a restore would make of it, windows past their retention apart.</summary>
internal static class StateCheck
{
    public static void Run(CrashStreams.Testing.Simulation.Simulation simulation, List<string> violations)
    {
        foreach (var task in simulation.Instances.SelectMany(i => i.Thread?.Tasks ?? []).Where(t => t.State == TaskState.Running))
        {
            // What is held back (suppressed, or waiting for its turn) is in a form of its own; ordered stores are compared with models by their own properties.
            foreach (var store in task.Context.Stores.Where(static s => s.ChangelogTopic is not null && s is not (SuppressBuffer<Windowed<string>, long> or SuppressBuffer<string, string> or OverOrderedStore) && !IsInputOrder(s)))
            {
                var changelog = simulation.Cluster.Partition(new TopicPartition(store.ChangelogTopic!, task.Id.Partition));
                if (store.Engine is { } engine && engine.Position > changelog.End)
                    violations.Add($"Task {task.Id}: '{store.Name}' is complete up to {engine.Position} of {changelog.End}");
                Compare($"Task {task.Id}, '{store.Name}'", store, changelog, violations);
            }
        }
    }

    private static bool IsInputOrder(IStateStore store) => store.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(InputOrder<,>);

    private static void Compare(string what, IStateStore store, SimulatedPartition changelog, List<string> violations)
    {
        var contents = Of(store);
        var logged = new Dictionary<(string, long), string>();
        foreach (var (_, entry) in changelog.Committed())
        {
            var (key, start) = contents.IsWindowed
                ? (Serdes.String.Deserialize(entry.Key.AsSpan()[..^12]), System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(entry.Key.AsSpan()[^12..]))
                : (Serdes.String.Deserialize(entry.Key), -1);
            if (entry.Value is null)
                logged.Remove((key, start));
            else
                logged[(key, start)] = contents.Read(entry.Value);
        }

        foreach (var (key, value) in contents.Rows)
        {
            if (!logged.TryGetValue(key, out var other) || other != value)
                violations.Add($"{what}: holds {key} = {value}, the changelog {(logged.ContainsKey(key) ? other : "nothing")}");
            if (contents.Get(key) is var cached && cached != value)
                violations.Add($"{what}: reads {key} = {cached}, holds {value}");
        }

        var oldest = contents.Rows.Keys.Select(static k => k.Item2).Append(long.MaxValue).Min();
        violations.AddRange(logged.Where(l => l.Key.Item2 >= oldest && !contents.Rows.ContainsKey(l.Key)).Select(l => $"{what}: has lost {l}"));
        if (!contents.IsWindowed && logged.Count != contents.Rows.Count)
            violations.Add($"{what}: holds {contents.Rows.Count} keys of {logged.Count}");
    }

    private static Contents Of(IStateStore store) => store switch
    {
        WindowStore<string, long> windows => new(
            true, windows.All().ToDictionary(static e => (e.Key.Key, e.Key.Window.StartMs), static e => $"{e.Value.Value}"),
            key => windows.TryGet(key.Key, key.StartMs, out var value) ? $"{value.Value}" : null, static bytes => $"{Serdes.Int64.Deserialize(bytes)}"),
        KeyValueStore<string, long> values => Of(values, Serdes.Int64),
        KeyValueStore<string, string> values => Of(values, Serdes.String),
        KeyValueStore<string, decimal> values => Of(values, Serdes.Decimal),
        KeyValueStore<string, Mean> values => Of(values, Aggregate.Average().Serde),
        KeyValueStore<string, Optional<decimal>> values => Of(values, Aggregate.Max<decimal>().Serde),
        KeyValueStore<string, TopValues<long>> values => Of(values, Aggregate.Top<long>(1).Serde),
        KeyValueStore<string, DistinctValues<decimal>> values => Of(values, Aggregate.Distinct<decimal>().Serde),
        _ => throw new NotSupportedException($"{store.GetType()} has no check."),
    };

    private static Contents Of<TValue>(KeyValueStore<string, TValue> store, Serde<TValue> serde) => new(
        false, store.All().ToDictionary(static e => (e.Key, -1L), static e => $"{e.Value}"), key => store.TryGet(key.Key, out var value) ? $"{value}" : null, bytes => $"{serde.Deserialize(bytes)}");

    /// <summary>A store as text.</summary>
    /// <param name="IsWindowed">Whether its keys have windows.</param>
    /// <param name="Rows">All that it lists, by key and start of window.</param>
    /// <param name="Get">Reads one.</param>
    /// <param name="Read">Reads a value of the changelog.</param>
    private sealed record Contents(bool IsWindowed, Dictionary<(string, long), string> Rows, Func<(string Key, long StartMs), string?> Get, Func<byte[], string> Read);
}
