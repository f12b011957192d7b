using CrashStreams.Time;

namespace CrashStreams.Stores;

/// <summary>What a store needs to know of the task that owns it.</summary>
/// <param name="ChangelogTopic">The changelog's full name, or null when the store is not logged.</param>
/// <param name="Clock">The task's clock: plain stores stamp their changelog records with the record in process.</param>
internal sealed record StoreContext(string? ChangelogTopic, TaskClock Clock);
