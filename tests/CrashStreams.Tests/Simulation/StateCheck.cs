using System.Buffers.Binary;
using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>
/// When all is quiet every running store is its changelog: it holds what a store holds that is restored from it, entry by entry. Only what has expired may be in the changelog and not in
/// the store.
/// </summary>
internal static class StateCheck
{
    public static void Run(CrashStreams.Testing.Simulation.Simulation simulation, List<string> violations)
    {
        foreach (var task in simulation.Instances.SelectMany(i => i.Thread?.Tasks ?? []).Where(t => t.State == TaskState.Running))
        {
            foreach (var store in task.Context.Stores.Where(static s => s.ChangelogTopic is not null))
            {
                var changelog = simulation.Cluster.Partition(new TopicPartition(store.ChangelogTopic!, task.Id.Partition));
                if (store.Engine is { } engine && engine.Position > changelog.End)
                    violations.Add($"Task {task.Id}: '{store.Name}' is complete up to {engine.Position} of {changelog.End}");
                Compare($"Task {task.Id}, '{store.Name}'", store, Restored(simulation, task, store, changelog), task.Context.Clock.Watermark, violations);
            }
        }
    }

    private static IStateStore Restored(CrashStreams.Testing.Simulation.Simulation simulation, StreamTask task, IStateStore store, SimulatedPartition changelog)
    {
        var definition = simulation.Topology.SubTopologies.SelectMany(s => s.StoresFor(simulation.Options.Time.Clock)).First(d => d.Name == store.Name);
        var restored = definition.Create(new(store.ChangelogTopic, task.Context.Clock));
        foreach (var (_, entry) in changelog.Committed())
        {
            restored.Restore(new LogRecord
            {
                Key = entry.Key, HasKey = entry.Key is not null, Value = entry.Value, HasValue = entry.Value is not null, Timestamp = entry.Timestamp, Headers = entry.Headers,
            });
        }

        restored.Restored();
        return restored;
    }

    private static void Compare(string what, IStateStore store, IStateStore restored, long watermark, List<string> violations)
    {
        var (stored, logged) = (StoreDump.Of(store), StoreDump.Of(restored));
        foreach (var (key, value) in stored)
        {
            // The index of removals of a table with history may keep one that has become a value.
            if ((!logged.TryGetValue(key, out var other) || other != value) && !(StoreDump.IsVersioned(store) && key.StartsWith("01", StringComparison.Ordinal)))
                violations.Add($"{what}: holds {key} = {value}, the changelog {other ?? "nothing"}");
        }

        violations.AddRange(logged.Where(l => !stored.ContainsKey(l.Key) && !HasExpired(store, l.Key, watermark)).Select(l => $"{what}: has lost {l.Key} = {l.Value}"));
        violations.AddRange(StoreDump.Misread(store).Select(m => $"{what}: {m}"));
    }

    private static bool HasExpired(IStateStore store, string key, long watermark) => store switch
    {
        // A segment goes when all of it has expired; what is in one that is there still is compared. Of a life before this one the clock alone tells what had.
        IWindowHistory history when StoreDump.SegmentsOf(store) is { } segments =>
            BinaryPrimitives.ReadInt64BigEndian(Convert.FromHexString(key)) < segments.Of(Math.Max(history.ExpiredBefore, watermark < 0 ? watermark : watermark - history.RetentionMs + 1)),
        IWindowHistory history => StoreDump.StartOf(key) < history.ExpiredBefore,
        _ => StoreDump.IsVersioned(store),
    };
}
