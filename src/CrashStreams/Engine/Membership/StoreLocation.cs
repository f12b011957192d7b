namespace CrashStreams;

/// <summary>Where a key of a store is.</summary>
/// <param name="Partition">The store's partition that the key belongs to.</param>
/// <param name="Host">The <see cref="StreamsOptions.HostInfo"/> of the instance that has it; null when that has none.</param>
/// <param name="IsLocal">Whether this instance is the one.</param>
/// <param name="IsReady">Whether it can be asked; false while it still restores.</param>
public sealed record StoreLocation(int Partition, string? Host, bool IsLocal, bool IsReady);
