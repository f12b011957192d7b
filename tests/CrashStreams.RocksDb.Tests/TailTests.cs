namespace CrashStreams.RocksDb.Tests;

/// <summary>What a crash leaves to be read again from the changelogs.</summary>
public sealed class TailTests : StateDirectory
{
    [Fact]
    public void A_crash_takes_no_more_than_the_bound_whatever_was_written()
    {
        using (var child = Child.Start("tail", Root))
            child.WaitForExit();

        var lost = 0L;
        for (var number = 0; number < TailWriter.Stores; number++)
        {
            using var engine = Open(TailWriter.Store(number));
            RocksDbEngineTests.Content(engine).Should().HaveCount((int)Math.Max(0, engine.Position), "entries and position come to the disk together");
            lost += TailWriter.Last - Math.Max(0, engine.Position);
        }

        const int Limit = TailWriter.UnflushedOffsets + (TailWriter.Stores * 2000);
        lost.Should().BeInRange(1, 2 * Limit, "the bound, and as much in a flush that has not come to its end");
    }
}
