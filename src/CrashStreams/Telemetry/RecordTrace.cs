using System.Diagnostics;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Telemetry;

/// <summary>
/// Spans that follow a record: its headers carry the context (W3C <c>traceparent</c>, or whatever <see cref="DistributedContextPropagator.Current"/> uses), a task that processes it makes one span, and
/// what the task sends because of it carries that span's context on, through repartition topics and sinks. Nothing is done while nobody listens.
/// </summary>
internal static class RecordTrace
{
    private static readonly DistributedContextPropagator.PropagatorGetterCallback _get = Get;

    private static readonly DistributedContextPropagator.PropagatorSetterCallback _set =
        static (headers, name, value) => ((Headers)headers!).Add(name, value);

    /// <summary>Begins the span of a record; null when it is not sampled. Attributes are those of OpenTelemetry's conventions for messaging.</summary>
    /// <param name="name">The span's name.</param>
    /// <param name="topic">Where the record is from.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="record">The record.</param>
    /// <param name="application">The consumer group.</param>
    /// <param name="task">Who processes it.</param>
    public static Activity? Start(string name, string topic, int partition, in LogRecord record, string application, TaskId task)
    {
        var activity = StreamsTelemetry.Activities.StartActivity(name, ActivityKind.Consumer, Parent(record.Headers));
        if (activity is not { IsAllDataRequested: true })
            return activity;
        return activity
            .SetTag("messaging.system", "kafka")
            .SetTag("messaging.operation.name", "process")
            .SetTag("messaging.operation.type", "process")
            .SetTag("messaging.destination.name", topic)
            .SetTag("messaging.destination.partition.id", $"{partition}")
            .SetTag("messaging.consumer.group.name", application)
            .SetTag("messaging.kafka.offset", record.Offset)
            .SetTag("messaging.message.body.size", record.Value.Length)
            .SetTag("messaging.kafka.message.tombstone", record.HasValue ? null : true)
            .SetTag("crashstreams.task", $"{task}");
    }

    /// <summary>The headers of a record that is sent within a span.</summary>
    public static Headers Put(Headers? headers, Activity activity)
    {
        var copy = headers?.Copy() ?? new Headers();
        foreach (var field in DistributedContextPropagator.Current.Fields)
            copy.Remove(field);
        DistributedContextPropagator.Current.Inject(activity, copy, _set);
        return copy;
    }

    /// <summary>Notes on the span that something went wrong with its record.</summary>
    public static void Failed(Activity activity, string reason, Exception? exception)
    {
        activity.SetStatus(ActivityStatusCode.Error, reason);
        if (exception is not null)
            activity.AddException(exception);
    }

    /// <summary>Notes on the span that an operator did not process its record.</summary>
    public static void Dropped(Activity activity, string reason, string node) =>
        activity.AddEvent(new("dropped", tags: new() { ["crashstreams.reason"] = reason, ["crashstreams.node"] = node }));

    private static ActivityContext Parent(Headers? headers)
    {
        if (headers is null)
            return default;
        DistributedContextPropagator.Current.ExtractTraceIdAndState(headers, _get, out var id, out var state);
        return ActivityContext.TryParse(id, state, isRemote: true, out var context) ? context : default;
    }

    private static void Get(object? headers, string name, out string? value, out IEnumerable<string>? values) =>
        (value, values) = (((Headers)headers!).Last(name) is { } bytes ? Encoding.UTF8.GetString(bytes) : null, null);
}
