using System.Buffers;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.State;

/// <summary>How the disk in memory fails. What it has in common with other engines is in the contract's tests.</summary>
public class MemoryStateStorageTests
{
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly MemoryStateStorage _storage;

    public MemoryStateStorageTests() => _storage = new(_time);

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 2)]
    [InlineData(3, -1)]
    public void A_crash_falls_back_to_the_content_and_the_position_of_an_earlier_batch(int lost, long position)
    {
        var engine = Open();
        for (var i = 1; i <= 3; i++)
            Put(engine, "a", $"v{i}", i);

        _storage.Crash(_ => lost);

        Open().Position.Should().Be(position);
        Get(Open(reopen: true), "a").Should().Be(position < 0 ? null : $"v{position}");
    }

    [Fact]
    public void What_was_flushed_survives_every_crash()
    {
        var engine = Open();
        Put(engine, "a", "1", 1);
        engine.Flush();
        Put(engine, "a", "2", 2);

        _storage.Crash(most => most);

        Get(Open(), "a").Should().Be("1");
    }

    [Fact]
    public void The_engine_of_a_dead_process_is_unusable()
    {
        var engine = Open();
        _storage.Crash();
        engine.Invoking(e => Put(e, "a", "1", 1)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Another_process_waits_for_the_lock()
    {
        var other = _storage.OtherProcess();
        _storage.TryLock("app", "0_0").Should().BeTrue();
        other.TryLock("app", "0_0").Should().BeFalse();
        _storage.Unlock("app", "0_0");
        other.TryLock("app", "0_0").Should().BeTrue();
    }

    [Fact]
    public void A_store_is_opened_once()
    {
        Open();
        _storage.Invoking(s => s.Open("app", "0_0", "s")).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_corrupt_store_is_readable_again_after_it_was_deleted()
    {
        Open().Dispose();
        _storage.Corrupt("app", "0_0", "s");
        _storage.Invoking(s => s.Open("app", "0_0", "s")).Should().Throw<StateCorruptedException>();
        _storage.Delete("app", "0_0", "s");
        _storage.Open("app", "0_0", "s").Position.Should().Be(-1);
    }

    [Fact]
    public void A_full_disk_changes_nothing()
    {
        var engine = Open();
        Put(engine, "a", "1", 1);
        _storage.IsFull = true;
        engine.Invoking(e => Put(e, "a", "2", 2)).Should().Throw<CrashStreamsException>().WithMessage("*full*");
        engine.Position.Should().Be(1);
        Get(engine, "a").Should().Be("1");
    }

    [Fact]
    public void Unused_state_is_cleaned_after_its_time()
    {
        Open().Dispose();
        _storage.Unlock("app", "0_0");
        _storage.Clean("app", TimeSpan.FromMinutes(10)).Should().BeEmpty();
        _time.Advance(TimeSpan.FromMinutes(10));
        _storage.Clean("app", TimeSpan.FromMinutes(10)).Should().Equal("0_0");
        _storage.Stores.Should().BeEmpty();
    }

    private IStateEngine Open(bool reopen = false)
    {
        if (reopen)
            _storage.Crash();
        _storage.TryLock("app", "0_0");
        return _storage.Open("app", "0_0", "s");
    }

    private static void Put(IStateEngine engine, string key, string value, long position)
    {
        using var batch = engine.CreateBatch();
        batch.Put(TestBytes(key), TestBytes(value));
        engine.Write(batch, position);
    }

    private static string? Get(IStateEngine engine, string key)
    {
        var value = new ArrayBufferWriter<byte>();
        return engine.TryGet(TestBytes(key), value) ? System.Text.Encoding.UTF8.GetString(value.WrittenSpan) : null;
    }

    private static byte[] TestBytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
