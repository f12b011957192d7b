using Streamiz.Kafka.Net;
using Streamiz.Kafka.Net.SerDes;
using Streamiz.Kafka.Net.Stream;
using Streamiz.Kafka.Net.Table;
using StreamizTopology = Streamiz.Kafka.Net.Stream.Topology;
using WindowedUser = Streamiz.Kafka.Net.State.Windowed<string>;

namespace CrashStreams.CrashMonitor.Streamiz;

/// <summary>The topology of <see cref="CrashTopology"/>, operator by operator, in the words of Streamiz.</summary>
internal static class StreamizCrashTopology
{
    public static StreamizTopology Build(CrashMonitorOptions options, Action<CrashAlert> onAlert, Action onLine)
    {
        var builder = new StreamBuilder();
        var lines = new LogEntrySerde(options.TimestampUnit, options.CaseSensitive, options.MaxValueBytes);
        var windowedUser = new TimeWindowedSerDes<string>(new StringSerDes(), (long)options.Window.TotalMilliseconds);

        var alerts = builder
            .Stream(options.InputTopic, new ByteArraySerDes(), new SerdeAdapter<LogEntry>(lines), new TimestampOfLine(onLine))
            .Filter((_, entry, _) => entry.IsSevereCrash)
            .SelectKey((_, entry, _) => entry.UserId)
            .MapValues((entry, _) => entry.Severity)
            .GroupByKey<StringSerDes, SeveritySerDes>("crashes-by-user")
            .WindowedBy(TumblingWindowOptions.Of(options.Window, options.Grace))
            .Count(InMemoryWindows.As<string, long>("crash-counts", options.Window).WithKeySerdes(new StringSerDes()).WithValueSerdes(new Int64SerDes()))
            .Suppress(SuppressedBuilder.UntilWindowClose<WindowedUser, long>(options.Grace, StrictBufferConfig.Unbounded()).WithKeySerdes(windowedUser).WithValueSerdes(new Int64SerDes()), "final")
            .ToStream()
            .Filter((_, count, _) => count > options.Threshold)
            .Map((user, count, _) => KeyValuePair.Create(user.Key, new CrashAlert(user.Window.StartTime, user.Window.EndTime, user.Key, count)))
            .Peek((_, alert, _) => onAlert(alert));
        alerts.To(options.AlertTopic, new StringSerDes(), new SerdeAdapter<CrashAlert>(CrashAlertSerde.Instance));

        return builder.Build();
    }
}
