using System.Buffers.Binary;
using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Testing;
using CrashStreams.Time;

namespace CrashStreams.Tests.State;

/// <summary>A warm copy of windows forgets what its owner has: otherwise it would grow for as long as nothing happens to the owner.</summary>
public class WarmWindowsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Windows_are_forgotten_by_the_owners_committed_watermark_and_what_it_still_needs_stays(bool hasEngine)
    {
        var store = WindowStore<string, long>.Create("counts", Serdes.String, Serdes.Int64, new WindowLength(10), retentionMs: 50, new("changelog", new TaskClock(StreamTime.Watermarks, TimeProvider.System)));
        using var storage = new MemoryStateStorage();
        if (hasEngine)
        {
            storage.TryLock("app", "0_0");
            store.Attach(new(storage.Open("app", "0_0", "counts"), "counts", "test"));
        }

        for (var start = 0L; start < 200; start += 10)
            store.Restore(Record("ann", start));
        store.Engine?.Write(20, null);
        store.ForgetRestored(TaskClock.Unknown).Should().BeFalse();
        store.ForgetRestored(149).Should().Be(hasEngine);
        store.ForgetRestored(149).Should().BeFalse("it has forgotten that already");
        store.Engine?.Write(20, null);
        store.Restored();

        store.All().Select(e => e.Key.Window.StartMs).Should().Equal(Enumerable.Range(10, 10).Select(i => i * 10L));
        store.TryGet("ann", 90, out _).Should().BeFalse();
        store.TryGet("ann", 100, out _).Should().BeTrue();
        store.Engine?.Dispose();
    }

    private static LogRecord Record(string key, long start)
    {
        var bytes = new byte[key.Length + 12];
        System.Text.Encoding.UTF8.GetBytes(key, bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(key.Length), start);
        var value = new byte[8];
        return new() { Key = bytes, HasKey = true, Value = value, HasValue = true, Timestamp = start };
    }
}
