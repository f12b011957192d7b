namespace CrashStreams.Log;

/// <summary>Where a record is in a topic that other applications write.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset.</param>
public readonly record struct SourcePosition(string Topic, int Partition, long Offset);
