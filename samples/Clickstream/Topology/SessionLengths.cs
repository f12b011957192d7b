using CrashStreams.Samples.Clickstream.Events;
using CrashStreams.Samples.Clickstream.Results;

namespace CrashStreams.Samples.Clickstream.Topology;

/// <summary>Sessions: events with the same session id, at most half an hour apart.</summary>
internal static class SessionLengths
{
    private static readonly TimeSpan _gap = TimeSpan.FromMinutes(30);

    public static void Add(KStream<byte[], Click> clicks, ClickstreamOptions options)
    {
        var windows = SessionWindows.OfInactivityGapAndGrace(_gap, options.Grace);
        clicks
            .Map((_, click) => (click.SessionId, 1L), "clicks-by-session")
            .Combine(windows, static (a, b) => a + b)
            .GroupByKey(new() { Name = "clicks-by-session", KeySerde = Serdes.String, ValueSerde = Serdes.Int64 })
            .WindowedBy(windows)
            .Emit(EmitStrategy.OnWindowClose)
            .Reduce(static (a, b) => a + b, "session-lengths", "count-sessions")
            .ToStream()
            .Map((session, count) => (session.Key, Row(session, count)), "session-rows")
            .To(options.Sessions, new() { ValueSerde = Serdes.Json(RowJson.Default.SessionRow) });
    }

    private static SessionRow Row(Windowed<string> session, long count) =>
        new(session.Key, session.Window.Start, session.Window.End, count, (session.Window.EndMs - session.Window.StartMs) / 1000);
}
