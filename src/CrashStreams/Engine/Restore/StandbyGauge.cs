using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace CrashStreams.Engine;

/// <summary>How far warm copies are behind their changelogs: what would be left to restore if the task came now.</summary>
internal static class StandbyGauge
{
    // As in EventTimeGauges: threads come and go while collectors read, and one that was not disposed of must not be kept alive.
    private static readonly ConditionalWeakTable<Standbys, string> _standbys = [];

    static StandbyGauge() => StreamsMetrics.Meter.CreateObservableGauge(
        "crashstreams.standby.lag", Lags, unit: "{record}", description: "Offsets of its changelogs that the warm copy of a task has not read yet.");

    public static void Add(Standbys standbys, string application) => _standbys.AddOrUpdate(standbys, application);

    public static void Remove(Standbys standbys) => _standbys.Remove(standbys);

    private static IEnumerable<Measurement<long>> Lags() =>
        from standbys in _standbys
        from told in standbys.Key.Lags
        select new Measurement<long>(told.Records, new("application", standbys.Value), new("task", told.Task.ToString()));
}
