namespace CrashStreams.RocksDb.Tests;

/// <summary>
/// Processes that write batches until they are killed. <c>CRASHSTREAMS_KILLS=1000</c> makes more of them than the 20 of every run.
/// </summary>
public sealed class KillTests : StateDirectory
{
    [Fact]
    public void What_kill_9_leaves_is_exactly_the_batches_up_to_the_position()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("CRASHSTREAMS_KILLS") ?? "20");
        var random = new Random(kills);
        var model = new BatchModel();
        var lost = 0;
        State.Dispose();
        for (var kill = 0; kill < kills; kill++)
        {
            var reported = RunAndKill(isRestore: kill % 3 == 2, random.Next(1, 40));

            Restart();
            using var engine = Open();
            engine.Position.Should().BeGreaterThanOrEqualTo(model.Position, "what was there at the start had been flushed");
            if (engine.Position < reported)
                lost++;
            model.AdvanceTo(engine.Position);
            RocksDbEngineTests.Content(engine).SequenceEqual(model.Content).Should().BeTrue($"kill {kill}, position {engine.Position}");
            engine.Dispose();
            State.Dispose();
        }

        model.Position.Should().BeGreaterThan(0, "some batches reached the disk");
        lost.Should().BeGreaterThan(0, "some kills took batches with them");
    }

    /// <summary>Answers the last position that the process had reported before it was killed.</summary>
    private long RunAndKill(bool isRestore, int reports)
    {
        using var writer = Child.Start(isRestore ? "restore" : "live", Root);
        try
        {
            var position = -1L;
            for (var report = 0; report < reports; report++)
            {
                var line = writer.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The writer ended by itself.");
                position = long.Parse(line);
            }

            return position;
        }
        finally
        {
            writer.Kill();
            writer.WaitForExit();
        }
    }
}
