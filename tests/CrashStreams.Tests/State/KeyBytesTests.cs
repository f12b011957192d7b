using System.Buffers;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.State;

/// <summary>Two keys are one if and only if their serialized bytes are the same, in every store, before and after a restart.</summary>
public class KeyBytesTests
{
    public enum Engines
    {
        None,
        Memory,
    }

    public static TheoryData<Engines, bool> Below => new() { { Engines.None, false }, { Engines.None, true }, { Engines.Memory, false }, { Engines.Memory, true } };

    [Theory]
    [MemberData(nameof(Below))]
    public void Byte_arrays_with_the_same_content_are_one_key(Engines engine, bool isWindowed) =>
        Counts(Serdes.Bytes, engine, isWindowed, [1, 2], [1, 2], [1, 2, 3], [1, 2]).Should().Equal(1, 2, 1, 3);

    [Theory]
    [MemberData(nameof(Below))]
    public void Zero_and_minus_zero_are_two_keys_and_not_a_number_is_one(Engines engine, bool isWindowed) =>
        Counts(Serdes.Double, engine, isWindowed, 0.0, -0.0, double.NaN, double.NaN, 0.0).Should().Equal(1, 1, 1, 2, 2);

    [Theory]
    [MemberData(nameof(Below))]
    public void Decimals_with_other_digits_are_other_keys(Engines engine, bool isWindowed) =>
        Counts(Serdes.Decimal, engine, isWindowed, 1.0m, 1.00m, 1.0m, 1.00m).Should().Equal(1, 1, 2, 2);

    [Theory]
    [MemberData(nameof(Below))]
    public void The_same_instant_with_another_offset_is_another_key(Engines engine, bool isWindowed)
    {
        var noon = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        Counts(Serdes.DateTimeOffset, engine, isWindowed, noon, noon.ToOffset(TimeSpan.FromHours(1)), noon).Should().Equal(1, 1, 2);
    }

    [Theory]
    [MemberData(nameof(Below))]
    public void Records_with_arrays_are_one_key_when_their_bytes_are(Engines engine, bool isWindowed) =>
        Counts(new TagsSerde(), engine, isWindowed, new Tags(["a", "b"]), new Tags(["a", "b"]), new Tags(["a"])).Should().Equal(1, 2, 1);

    [Theory]
    [MemberData(nameof(Below))]
    public void A_serde_that_ignores_case_makes_one_key_of_two_texts(Engines engine, bool isWindowed) =>
        Counts(new LowerCaseSerde(), engine, isWindowed, "Ann", "ann", "bob", "ANN").Should().Equal(1, 2, 1, 3);

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    public void A_key_object_that_is_changed_after_it_was_put_changes_nothing_in_the_store(Backing backing)
    {
        using var host = new StoreHost<KeyValueStore<byte[], string>>(
            backing, c => KeyValueStore<byte[], string>.Create("s", Serdes.Bytes, Serdes.String, isTimestamped: false, c));
        byte[] key = [1];
        host.Store.Put(key, "v", true, 0);
        key[0] = 2;

        host.Store.TryGet([1], out var value).Should().BeTrue();
        value.Should().Be("v");
        host.Store.TryGet([2], out _).Should().BeFalse();
        host.Commit();
        host.Store.All().Select(e => e.Key[0]).Should().Equal(1);
        host.Changelog.Should().Equal("01 = 76 @0");
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    public void Text_that_has_no_bytes_is_refused_and_the_entry_is_what_it_was(Backing backing)
    {
        using var host = new StoreHost<KeyValueStore<string, string>>(
            backing, c => KeyValueStore<string, string>.Create("s", Serdes.String, Serdes.String, isTimestamped: true, c));
        host.Store.Put("k", "before", true, 1);
        host.Commit();
        host.Store.Put("k", "half a pair \ud800", true, 2);
        host.Store.Put("\udc00", "v", true, 2);
        host.Store.Put("other", "v", true, 3);
        host.Commit();

        host.Refused.Should().HaveCount(2).And.AllBeOfType<SerdeException>();
        host.Store.TryGet("k", out var value, out var timestamp).Should().BeTrue();
        (value, timestamp).Should().Be(("before", 1));
        host.Store.All().Select(e => e.Key).Should().Equal("k", "other");
        host.Commit();
        host.Records.Should().HaveCount(2);
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    public void A_window_that_the_log_does_not_take_is_what_it_was_at_the_last_commit(Backing backing)
    {
        using var host = new StoreHost<WindowStore<string, string>>(
            backing, c => WindowStore<string, string>.Create("s", Serdes.String, Serdes.String, new WindowLength(10), 1_000, c));
        host.Store.Put("k", 10, "before", 11);
        host.Commit();
        host.Store.Put("k", 10, "too large", 12);
        host.Store.Put("new", 10, "too large", 12);
        host.Store.Put("half", 10, "\ud800", 12);
        host.Takes = value => value is not { Length: 9 };
        host.Commit();

        host.Refused.Should().ContainSingle();
        host.Store.TryGet("k", 10, out var value).Should().BeTrue();
        (value.Value, value.Timestamp).Should().Be(("before", 11));
        host.Store.All().Select(e => e.Key.Key).Should().Equal("k");
        host.Commit();
        host.Records.Should().ContainSingle();
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    public void A_session_that_the_log_does_not_take_is_what_it_was_at_the_last_commit(Backing backing)
    {
        using var host = new StoreHost<SessionStore<string, string>>(backing, c => new("s", Serdes.String, Serdes.String, 1_000_000, false, c));
        host.Store.Put("k", new(1, 2), "before", 2);
        host.Commit();
        host.Store.Put("k", new(1, 2), "too large", 2);
        host.Store.Put("k", new(5, 6), "too large", 2);
        host.Takes = static value => value is not { Length: 9 };
        host.Commit();

        host.Store.All().Select(e => (e.Key.Window.StartMs, e.Value)).Should().Equal((1, "before"));
        host.Store.Invoking(s => s.Put("k", new(7, 8), "\ud800", 2)).Should().Throw<SerdeException>();
        host.Store.All().Should().ContainSingle();
    }

    // The counts as they come out, with a restart before the last record.
    private static List<long> Counts<TKey>(Serde<TKey> serde, Engines engine, bool isWindowed, params TKey[] keys)
        where TKey : notnull
    {
        var counts = new List<long>();
        var builder = new StreamsBuilder();
        var grouped = builder.Stream<TKey, string>("in", new() { KeySerde = serde }).GroupByKey();
        if (isWindowed)
        {
            grouped.WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromHours(1))).Count(new() { Name = "counts", KeySerde = serde }).ToStream()
                .ForEach((_, count) => counts.Add(count));
        }
        else
        {
            grouped.Count(new Materialized<TKey, long> { Name = "counts", KeySerde = serde }).ToStream().ForEach((_, count) => counts.Add(count));
        }

        using var driver = new TopologyTestDriver(
            builder.Build(), new() { ApplicationId = "app", State = { Storage = engine == Engines.Memory ? new MemoryStateStorage() : null, CacheBytes = 0 } });
        var input = driver.Input("in", serde, Serdes.String);
        for (var i = 0; i < keys.Length; i++)
        {
            if (i == keys.Length - 1)
                driver.Restart();
            input.Pipe(keys[i], "v", i);
        }

        return counts;
    }

    private sealed record Tags(string[] Names);

    private sealed class TagsSerde : Serde<Tags>
    {
        public override Tags Deserialize(ReadOnlySpan<byte> data) => new(Serdes.String.Deserialize(data).Split(','));

        public override void Serialize(Tags value, IBufferWriter<byte> output) => Serdes.String.Serialize(string.Join(',', value.Names), output);
    }

    private sealed class LowerCaseSerde : Serde<string>
    {
        public override string Deserialize(ReadOnlySpan<byte> data) => Serdes.String.Deserialize(data);

        public override void Serialize(string value, IBufferWriter<byte> output) => Serdes.String.Serialize(value.ToLowerInvariant(), output);
    }
}
