using CrashStreams.Protocol;

namespace CrashStreams.Broker.Faults;

internal enum FaultKind
{
    Delay,
    Fail,
    Drop,
    LoseAnswer,
    Disconnect,
    Crash,
}

/// <summary>A fault that waits for its request.</summary>
internal sealed class Fault(ApiKey api, FaultKind kind, int nth, int count)
{
    public ApiKey Api => api;

    public FaultKind Kind => kind;

    /// <summary>How many requests of the API are still to come, this one included.</summary>
    public int Nth { get; set; } = nth;

    public int Count { get; set; } = count;

    public TimeSpan Delay { get; init; }

    public ErrorCode Error { get; init; }

    /// <summary>For a crash: the request is handled before it, but not answered.</summary>
    public bool IsHandled { get; init; }

    /// <summary>For a crash: ends when the broker is back.</summary>
    public TaskCompletionSource IsBack { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
