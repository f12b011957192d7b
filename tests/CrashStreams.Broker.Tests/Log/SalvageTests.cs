using System.Text;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Tests.Core;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>A damaged journal, and a start that ends before it has saved what is sound: nothing sound is ever gone.</summary>
public class SalvageTests
{
    private const string Directory = "journals/groups";
    private const int Batches = 20;

    private static readonly LogConfig s_config = LogConfig.Default with { SegmentBytes = 400, CheckpointBytes = 300 };

    [Fact]
    public void Wherever_a_start_ends_the_next_one_has_all_sound_batches_in_their_order()
    {
        var isInterrupted = true;
        for (var operations = 0; isInterrupted; operations++)
        {
            var disk = Damaged();
            disk.OperationsLeft = operations;
            try
            {
                PartitionLog.OpenJournal(disk, Directory, s_config, _ => { }).Abandon();
                isInterrupted = disk.OperationsLeft <= 0;
            }
            catch (IOException)
            {
                // As if the process had ended here.
            }
            disk.OperationsLeft = null;

            Newest(disk).Should().Equal(Expected(), $"the first start ended after {operations} operations");
        }
    }

    [Fact]
    public void A_start_that_can_not_store_what_is_sound_says_so()
    {
        var disk = Damaged();
        disk.IsFull = true;

        FluentActions.Invoking(() => PartitionLog.OpenJournal(disk, Directory, s_config, _ => { })).Should().Throw<IOException>();

        disk.IsFull = false;
        Newest(disk).Should().Equal(Expected());
    }

    /// <summary>A journal whose third batch is damaged; two keys are written again and again.</summary>
    private static FailingStorage Damaged()
    {
        var disk = new FailingStorage();
        var log = PartitionLog.OpenJournal(disk, Directory, s_config, null);
        for (var i = 0; i < Batches; i++)
            log.Append(TestBatch.Of($"key{i % 5}={i}"), TestBatch.AtNow).Error.Should().Be(CrashStreams.Protocol.ErrorCode.None);
        log.Abandon();
        disk.Damage($"{Directory}/{0:D20}.log", RecordBatchHeader.Size + 150);
        return disk;
    }

    /// <summary>The newest value of each key. The damaged batch is not the newest of its key.</summary>
    private static Dictionary<string, string> Expected() => Enumerable.Range(Batches - 5, 5).ToDictionary(i => $"key{i % 5}", i => $"{i}");

    private static Dictionary<string, string> Newest(FailingStorage disk)
    {
        var newest = new Dictionary<string, string>();
        var log = PartitionLog.OpenJournal(disk, Directory, s_config, _ => { });
        log.VisitBatches(log.LogStartOffset, batch =>
        {
            foreach (var record in batch.Records)
                newest[Encoding.UTF8.GetString(record.Key)] = Encoding.UTF8.GetString(record.Value);
            return true;
        });
        disk.Exists($"{Directory}/{SalvageFile.Name}").Should().BeFalse();
        log.Abandon();
        return newest;
    }
}
