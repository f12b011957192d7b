using System.Buffers;
using System.Text.Json;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>A JSON object per line, for programs: alerts on standard output as in the alert topic, counts and the status on standard error.</summary>
internal sealed class JsonView(TimeProvider time) : IMonitorView
{
    private readonly StatusClock _clock = new(time);

    public void ShowInterval(IReadOnlyList<CrashAlert> alerts)
    {
        foreach (var alert in alerts)
        {
            var json = new ArrayBufferWriter<byte>();
            CrashAlertSerde.Instance.Serialize(alert, json);
            Steps.Above(() => WriteLine(Console.Out, json.WrittenSpan));
        }
    }

    public void ShowCount(Windowed<string> user, long count) => WriteObject(json =>
    {
        json.WriteString("window_start", user.Window.Start);
        json.WriteString("user_id", user.Key);
        json.WriteNumber("running_count", count);
    });

    public void ShowStatus(MonitorStatus status)
    {
        if (_clock.IsDue())
            Write(status, isEnd: false);
    }

    public void ShowEnd(MonitorStatus status) => Write(status, isEnd: true);

    public void Dispose()
    {
    }

    private static void Write(MonitorStatus status, bool isEnd) => WriteObject(json =>
    {
        json.WriteString("state", $"{status.Application.Activity}");
        if (status.Application.Detail.Length > 0)
            json.WriteString("detail", status.Application.Detail);
        json.WriteNumber("records", status.Records);
        if (!isEnd)
            json.WriteNumber("records_per_second", Math.Round(status.RecordsPerSecond));
        if (status.Watermark is { } watermark && !isEnd)
            json.WriteString("watermark", watermark);
        if (status.OpenWindows is { } windows && !isEnd)
            json.WriteNumber("open_windows", windows);
        json.WriteNumber("alerts", status.Alerts);
        json.WriteStartObject("not_processed");
        foreach (var (reason, count) in status.NotProcessed)
            json.WriteNumber(reason, count);
        json.WriteEndObject();
    });

    private static void WriteObject(Action<Utf8JsonWriter> properties)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            properties(json);
            json.WriteEndObject();
        }

        Steps.Above(() => WriteLine(Console.Error, bytes.WrittenSpan));
    }

    private static void WriteLine(TextWriter output, ReadOnlySpan<byte> json) => output.WriteLine(System.Text.Encoding.UTF8.GetString(json));
}
