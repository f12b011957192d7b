using CrashStreams.Faults;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

/// <summary>A call that is under way, and the record that it was made for.</summary>
/// <param name="Record">The record.</param>
/// <param name="Key">Its key in bytes, where the order of results is kept per key.</param>
/// <param name="Origin">Where it was read, with its bytes.</param>
/// <param name="RecordTime">The time of the record that entered the task.</param>
/// <param name="RecordWatermark">By which its lateness is judged.</param>
/// <param name="Result">The call; null: the record has no value that could be shown, and only keeps its place.</param>
/// <param name="Cancellation">Cancels it.</param>
internal sealed record AsyncCall<TKey, TValue, TNewValue>(
    Record<TKey, TValue> Record, SerializedKey? Key, KeptRecord Origin, long RecordTime, long RecordWatermark, Task<TNewValue>? Result, CancellationTokenSource? Cancellation)
{
    public bool IsDone => Result is null || Result.IsCompleted;
}
