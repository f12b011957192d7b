using CrashStreams.Log;
using CrashStreams.Telemetry;

namespace CrashStreams.Faults;

/// <summary>Applies the configured response to faults: fail, skip or dead letter.</summary>
internal static class FaultPolicy
{
    public const string ReasonHeader = "cs-fault-reason";

    /// <summary>The reason of results and entries that the log refuses.</summary>
    public const string NotProduced = "not-produced";

    /// <summary>The reason of results and entries whose serde throws.</summary>
    public const string NotSerialized = "not-serialized";

    /// <summary>
    /// Whether an exception is an operator's: a user's function threw, or the serde of a store that it changed. The library's own say what is to be done.
    /// </summary>
    public static bool IsOperators(Exception exception) => exception is (not CrashStreamsException and not OutOfMemoryException) or SerdeException;

    /// <summary>Whether the log has refused a record for good: the same record will be refused again, others need not be.</summary>
    public static bool IsRefusal(LogException exception) => exception is { IsFatal: false, IsFenced: false, IsRetriable: false };

    /// <summary>Returns when the record is to be skipped; throws when the application is to fail.</summary>
    public static void Apply(IRecordScope task, FaultKind kind, string node, string reason, Exception? exception)
    {
        var current = task.Current;
        if (kind == FaultKind.Processing && exception is not null)
            node = Blame.Take(exception, otherwise: node);
        Apply(task, new(kind, node, current.Topic, current.Partition, current.Offset, reason, exception));
    }

    /// <summary>Likewise, for a fault that is no one record's.</summary>
    public static void Apply(IRecordScope task, Fault fault)
    {
        var (kind, exception) = (fault.Kind, fault.Exception);
        if (task.Current.Activity is { } activity)
            RecordTrace.Failed(activity, fault.Reason, exception);
        var response = Ask(task.Faults.Handler, fault) ?? task.Faults.For(kind);
        if (response == FaultResponse.Fail)
            throw new ProcessingException($"{fault}{Detail(exception)}{Remedy(kind)}", exception);
        if (response == FaultResponse.DeadLetter && task.Current.HasBytes)
            SideTopic.Send(task, DeadLetterTopic(task.Faults, fault), fault.Reason, fault.Node, new Headers().Add("cs-fault-kind", kind.ToString()));
        task.Dropped.Count(fault.Reason, fault.Node);
    }

    private static FaultResponse? Ask(Func<Fault, FaultResponse?>? handler, Fault fault)
    {
        try
        {
            return handler?.Invoke(fault);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new ProcessingException($"Faults.{nameof(FaultOptions.Handler)} threw {e.GetType().Name} when it was asked about a fault: {Of(e)}. The fault: {fault}{Detail(fault.Exception)}.", e);
        }
    }

    private static string DeadLetterTopic(FaultOptions options, Fault fault) => options.DeadLetterTopic ?? throw new ProcessingException(
        $"{fault}{Detail(fault.Exception)}. Faults.{nameof(FaultOptions.Handler)} answered {nameof(FaultResponse.DeadLetter)}, but Faults.{nameof(FaultOptions.DeadLetterTopic)} is not set.",
        fault.Exception);

    private static string Detail(Exception? exception) => exception is null ? "" : $" ({Of(exception)})";

    private static string Of(Exception exception) => exception.Message.TrimEnd('.');

    private static string Remedy(FaultKind kind) =>
        $". To go on without such records set Faults.On{kind} in {nameof(StreamsOptions)} to {nameof(FaultResponse.Skip)} or {nameof(FaultResponse.DeadLetter)}.";
}
