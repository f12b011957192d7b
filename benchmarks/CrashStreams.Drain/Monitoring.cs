using System.Diagnostics;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>The crash monitor on a topic that is full when it starts, from its first record until everything is processed and committed.</summary>
internal static class Monitoring
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(2);

    public static async Task RunAsync(ILogClients clients, string topic, long records, int threads)
    {
        using var admin = clients.CreateAdmin("drain");
        var monitor = new CrashMonitorOptions { InputTopic = topic, ApplicationId = $"drain-{Guid.NewGuid():N}", AlertTopic = $"{topic}-alerts", Threads = threads };
        await admin.CreateTopicsAsync([new(monitor.AlertTopic, 1, new Dictionary<string, string>())], default);

        var started = Stopwatch.GetTimestamp();
        await using var application = new StreamsApplication(CrashTopology.Build(monitor), monitor.ToStreamsOptions(), clients);
        await application.StartAsync();
        while (application.ProcessedRecords == 0 && !application.Completion.IsCompleted)
            await Task.Delay(Glance, TimeProvider.System);
        var joining = Stopwatch.GetElapsedTime(started);
        await application.CaughtUpAsync();
        var whole = Stopwatch.GetElapsedTime(started);
        await application.StopAsync();

        new Outcome(records, (whole - joining).TotalSeconds, joining.TotalSeconds).Print();
        await admin.DeleteTopicsAsync([.. CrashTopology.OwnTopics(monitor.ApplicationId), monitor.AlertTopic], default);
    }
}
