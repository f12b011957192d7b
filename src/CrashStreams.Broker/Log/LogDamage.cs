namespace CrashStreams.Broker.Log;

/// <summary>What is damaged in a log, or missing. See <see cref="StorageLoss"/> for the fields.</summary>
internal readonly record struct LogDamage(string File, long Position, long FromOffset, long Records, long Bytes, string Problem);
