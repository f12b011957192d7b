namespace CrashStreams.Time;

/// <summary>How far the event time of one task has come, as the readers of the repartition topics that it writes to are told.</summary>
/// <param name="Partition">The task's partition.</param>
/// <param name="Watermark">What has closed its windows; milliseconds.</param>
/// <param name="IsIdle">Whether nobody has to wait for it.</param>
/// <param name="Floor">What all its inputs have passed, idle ones included; lower than the watermark where an idle input was not waited for.</param>
internal readonly record struct WatermarkMarker(int Partition, long Watermark, bool IsIdle, long Floor);
