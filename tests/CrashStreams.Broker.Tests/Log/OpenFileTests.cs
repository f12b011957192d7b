using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Tests.Core;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>A process that has too many files open.</summary>
public class OpenFileTests
{
    private const int Limit = 32; // of which logs keep 8 open

    [Fact]
    public void A_segment_that_could_be_opened_only_after_others_were_closed_is_closed_when_its_turn_comes()
    {
        var disk = new FailingStorage { Budget = new FileBudget(Limit) };
        var logs = Enumerable.Range(0, 30).Select(i => PartitionLog.Create(disk, $"logs/{i}", LogConfig.Default)).ToList();
        for (var i = 0; i < logs.Count; i++)
        {
            disk.FailsToOpen = i % 3 == 1 ? 1 : 0;
            logs[i].Append(TestBatch.Of("k=v"), TestBatch.AtNow).BaseOffset.Should().Be(0);
        }

        disk.OpenSegments.Should().BeLessThanOrEqualTo(Limit / 4);
    }

    [Fact]
    public void A_segment_that_can_not_be_opened_now_is_verified_later()
    {
        var (disk, log, losses) = Restarted(damage: true);
        disk.FailsToOpen = 5;

        Verify(log);

        losses.Should().ContainSingle();
    }

    [Fact]
    public void A_segment_that_the_disk_does_not_give_back_is_reported()
    {
        var (disk, log, losses) = Restarted(damage: false);
        disk.FailsToRead = true;

        Verify(log);

        losses.Should().NotBeEmpty().And.OnlyContain(loss => loss.Problem.Contains("can't be read"));
    }

    private static (FailingStorage Disk, PartitionLog Log, List<LogDamage> Losses) Restarted(bool damage)
    {
        var disk = new FailingStorage { Budget = new FileBudget(Limit) };
        var log = PartitionLog.Create(disk, "logs/0", LogConfig.Default);
        for (var i = 0; i < 3; i++)
            log.Append(TestBatch.Of($"k={i}"), TestBatch.AtNow);
        log.Close(flush: true);
        if (damage)
            disk.Damage($"logs/0/{0:D20}.log", 80);
        var losses = new List<LogDamage>();
        return (disk, PartitionLog.Open(disk, "logs/0", LogConfig.Default, losses.Add), losses);
    }

    private static void Verify(PartitionLog log)
    {
        using var verification = log.BeginVerification()!;
        for (var steps = 0; verification.Step(); steps++)
            steps.Should().BeLessThan(100);
        log.CompleteVerification(verification);
    }
}
