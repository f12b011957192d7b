using System.Diagnostics.Metrics;

namespace CrashStreams.RocksDb.Tests;

/// <summary>Native memory, files and threads: measured in processes that do nothing else.</summary>
public sealed class ResourceTests : StateDirectory
{
    [Fact]
    public void Two_hundred_stores_stay_within_the_memory_budget()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");

        var said = Output("many stores");

        long.Parse(said[0]).Should().BeInRange(ManyStores.Budget / 2, ManyStores.Budget * 11 / 10, string.Join("; ", said));
    }

    [Fact]
    public void Opening_and_closing_leaves_no_file_and_no_thread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");

        var said = Output("many openings");

        int.Parse(said[0]).Should().BeLessThanOrEqualTo(0);
        int.Parse(said[1]).Should().BeLessThanOrEqualTo(2, "the runtime may have started a worker, a hundred openings would show");
    }

    [Fact]
    public void Gauges_tell_per_process_and_store_what_is_used()
    {
        using var engine = Open("gauged");
        RocksDbEngineTests.Write(engine, 1, b =>
        {
            for (var i = 0; i < 1000; i++)
                b.Put(BitConverter.GetBytes(i), new byte[100]);
        });
        engine.Flush();
        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name.StartsWith("crashstreams.rocksdb", StringComparison.Ordinal))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.Length == 0 || tags.ToArray().Contains(new("store", "gauged")))
                measured[instrument.Name] = value;
        });
        listener.Start();

        listener.RecordObservableInstruments();

        measured.Should().HaveCount(5);
        measured["crashstreams.rocksdb.keys"].Should().Be(1000);
        measured["crashstreams.rocksdb.sst.size"].Should().BePositive();
        measured["crashstreams.rocksdb.compaction.pending"].Should().Be(0);
        measured["crashstreams.rocksdb.cache.usage"].Should().BePositive();
        measured["crashstreams.rocksdb.memtable.usage"].Should().BePositive();
    }

    private string[] Output(string what)
    {
        using var child = Child.Start(what, Root);
        var lines = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        child.ExitCode.Should().Be(0);
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
