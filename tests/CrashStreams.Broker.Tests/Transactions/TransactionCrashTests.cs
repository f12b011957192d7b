using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Transactions;

public class TransactionCrashTests
{
    private static readonly TopicPartition s_input = new("in", 0);
    private static readonly TopicPartition[] s_outputs = [new("out", 0), new("out", 1)];

    /// <summary>
    /// A read-process-write loop whose coordinator crashes after each single append in turn, and whose client retries what got no answer:
    /// each transaction ends once, in all its partitions and its group alike.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_crash_after_any_append_leaves_every_transaction_whole(bool bumpsEpoch)
    {
        for (var crashAt = 1; crashAt < 60; crashAt++)
        {
            var host = new CoordinatorHost();
            var appends = 0;
            void Crash()
            {
                if (++appends == crashAt)
                    throw new CrashException();
            }
            host.TransactionJournal.Appended = Crash;
            host.GroupJournal.Appended = Crash;
            Run(host, bumpsEpoch);
            appends.Should().BeGreaterThan(40);
        }
    }

    private static void Run(CoordinatorHost host, bool bumpsEpoch)
    {
        var producer = Retry(host, () => host.Transactions.InitProducerId("t", 60_000, ProducerIdentity.None)).Producer;
        for (var round = 0; round < 8; round++)
        {
            var commit = round % 3 != 2;
            var committedBefore = host.Groups.Find("g")?.Offsets.Find(s_input)?.Offset ?? 0;
            host.Markers.Clear();
            foreach (var output in s_outputs)
            {
                Retry(host, () => host.Transactions.Add("t", producer, [output])).Should().Be(ErrorCode.None);
                host.OpenInLogs[output] = producer;
            }
            Retry(host, () => host.Transactions.Add("t", producer, [], "g")).Should().Be(ErrorCode.None);
            var offset = new CommittedOffset(committedBefore + 10, -1, "", 0);
            Retry(host, () => host.Groups.FindOrCreate("g")!.Offsets.TryCommitPending(producer.Id, [new(s_input, offset)])).Should().BeTrue();
            host.Groups.Find("g")!.Offsets.IsUnstable(s_input).Should().BeTrue();

            var end = Retry(host, () => host.Transactions.End("t", producer, commit, bumpsEpoch));

            end.Error.Should().Be(ErrorCode.None);
            host.OpenInLogs.Should().BeEmpty("every partition has its marker");
            host.Markers.Select(marker => marker.IsCommit).Distinct().Should().Equal(commit);
            var offsets = host.Groups.Find("g")!.Offsets;
            offsets.IsUnstable(s_input).Should().BeFalse();
            (offsets.Find(s_input)?.Offset ?? 0).Should().Be(commit ? committedBefore + 10 : committedBefore);
            producer = end.Producer;
        }
    }

    private static T Retry<T>(CoordinatorHost host, Func<T> request)
    {
        while (true)
        {
            try
            {
                return request();
            }
            catch (CrashException)
            {
                host.Restart();
            }
        }
    }

    private sealed class CrashException : Exception;
}
