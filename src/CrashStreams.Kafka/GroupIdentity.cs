using CrashStreams.Kafka.Native;
using Microsoft.Win32.SafeHandles;

namespace CrashStreams.Kafka;

/// <summary>A consumer's member id and generation, as librdkafka hands them to a transactional producer (KIP-447).</summary>
internal sealed class GroupIdentity : SafeHandleZeroOrMinusOneIsInvalid
{
    public GroupIdentity(nint metadata)
        : base(ownsHandle: true) => SetHandle(metadata);

    protected override bool ReleaseHandle()
    {
        Librdkafka.rd_kafka_consumer_group_metadata_destroy(handle);
        return true;
    }
}
