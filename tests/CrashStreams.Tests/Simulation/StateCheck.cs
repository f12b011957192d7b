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
            foreach (var store in task.Context.Stores.Where(static s => s.ChangelogTopic is not null && s is not (SuppressBuffer<Windowed<string>, long> or OverOrderedStore) && !IsInputOrder(s)))
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
        var isText = store is KeyValueStore<string, string>;
        var logged = new Dictionary<(string, long), object>();
        foreach (var (_, entry) in changelog.Committed())
        {
            var (key, start) = store is WindowStore<string, long>
                ? (Serdes.String.Deserialize(entry.Key.AsSpan()[..^12]), System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(entry.Key.AsSpan()[^12..]))
                : (Serdes.String.Deserialize(entry.Key), -1);
            if (entry.Value is null)
                logged.Remove((key, start));
            else
                logged[(key, start)] = isText ? Serdes.String.Deserialize(entry.Value) : Serdes.Int64.Deserialize(entry.Value);
        }

        var stored = store switch
        {
            WindowStore<string, long> windows => windows.All().ToDictionary(e => (e.Key.Key, e.Key.Window.StartMs), e => (object)e.Value.Value),
            KeyValueStore<string, long> values => values.All().ToDictionary(e => (e.Key, -1L), e => (object)e.Value),
            KeyValueStore<string, string> values => values.All().ToDictionary(e => (e.Key, -1L), e => (object)e.Value),
            _ => throw new NotSupportedException($"{store.GetType()} has no check."),
        };
        foreach (var (key, value) in stored)
        {
            if (!logged.TryGetValue(key, out var other) || !other.Equals(value))
                violations.Add($"{what}: holds {key} = {value}, the changelog {(logged.ContainsKey(key) ? other : "nothing")}");
            if (!value.Equals(Cached(store, key)))
                violations.Add($"{what}: reads {key} = {Cached(store, key)}, holds {value}");
        }

        var oldest = stored.Keys.Select(k => k.Item2).Append(long.MaxValue).Min();
        violations.AddRange(logged.Where(l => l.Key.Item2 >= oldest && !stored.ContainsKey(l.Key)).Select(l => $"{what}: has lost {l}"));
        if (store is not WindowStore<string, long> && logged.Count != stored.Count)
            violations.Add($"{what}: holds {stored.Count} keys of {logged.Count}");
    }

    private static object? Cached(IStateStore store, (string Key, long StartMs) key) => store switch
    {
        WindowStore<string, long> windows => windows.TryGet(key.Key, key.StartMs, out var value) ? value.Value : null,
        KeyValueStore<string, long> values => values.TryGet(key.Key, out var value) ? value : null,
        KeyValueStore<string, string> values => values.TryGet(key.Key, out var value) ? value : null,
        _ => null,
    };
}
