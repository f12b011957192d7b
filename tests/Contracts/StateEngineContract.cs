using System.Buffers;
using System.Text;
using CrashStreams.Stores;

namespace CrashStreams.Contracts;

/// <summary>What every state engine promises. Inherited by each implementation's tests, which compile this file.</summary>
public abstract class StateEngineContract
{
    private static readonly byte[] Everything = [];

    /// <summary>Opens the test's one store, with what was left in it.</summary>
    protected abstract IStateEngine Open();

    /// <summary>Ends the engine as the death of its process does. What was not flushed may be lost.</summary>
    protected abstract void Crash(IStateEngine engine);

    [Fact]
    public void A_new_store_is_empty_at_position_minus_one_without_a_tag()
    {
        using var engine = Open();

        (engine.Position, engine.Tag).Should().Be((-1, ""));
        Content(engine).Should().BeEmpty();
        Value(engine, "a"u8).Should().BeNull();
    }

    [Fact]
    public void Entries_are_ordered_by_their_bytes_as_unsigned_numbers()
    {
        using var engine = Open();
        byte[][] keys = [[0xff], [0x80, 0], [0x80], [0x7f, 0xff], [], [0], [0, 0], [0xff, 0xff], [0x7f]];
        using var batch = engine.CreateBatch();
        foreach (var key in keys)
            batch.Put(key, key);

        engine.Write(batch, 9);

        Content(engine).Select(e => e.Key).Should().Equal("", "00", "0000", "7F", "7FFF", "80", "8000", "FF", "FFFF");
        Content(engine).Should().OnlyContain(e => e.Key == e.Value);
    }

    [Fact]
    public void Empty_keys_and_values_are_entries_like_others()
    {
        using var engine = Open();
        Write(engine, 1, b => b.Put([], []));
        Write(engine, 2, b => b.Put("a"u8, []));

        Value(engine, []).Should().BeEmpty().And.NotBeNull();
        Value(engine, "a"u8).Should().BeEmpty().And.NotBeNull();
        Write(engine, 3, b => b.Delete([]));
        Value(engine, []).Should().BeNull();
    }

    [Fact]
    public void A_value_is_appended_to_what_the_caller_has()
    {
        using var engine = Open();
        Write(engine, 1, b => b.Put("a"u8, "value"u8));
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write("the "u8);

        engine.TryGet("b"u8, buffer).Should().BeFalse();
        engine.TryGet("a"u8, buffer).Should().BeTrue();

        Encoding.UTF8.GetString(buffer.WrittenSpan).Should().Be("the value");
    }

    [Fact]
    public void Values_of_ten_megabytes_survive_a_restart()
    {
        var large = new byte[10 << 20];
        new Random(1).NextBytes(large);
        using (var engine = Open())
        {
            Write(engine, 1, b => b.Put("large"u8, large));
            engine.Flush();
        }

        using var reopened = Open();
        Value(reopened, "large"u8).AsSpan().SequenceEqual(large).Should().BeTrue();
    }

    [Theory]
    [InlineData("", "", "a b c d")]
    [InlineData("b", "", "b c d")]
    [InlineData("", "c", "a b")]
    [InlineData("b", "d", "b c")]
    [InlineData("aa", "cc", "b c")]
    [InlineData("b", "b", "")]
    [InlineData("c", "b", "")]
    [InlineData("x", "", "")]
    public void A_scan_goes_from_its_start_inclusive_to_its_end_exclusive(string from, string to, string expected)
    {
        using var engine = Open();
        Write(engine, 1, b => { foreach (var key in "abcd") b.Put([(byte)key], []); });

        Content(engine, Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to))
            .Select(e => Encoding.UTF8.GetString(Convert.FromHexString(e.Key))).Should().Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Reversed(engine, Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to))
            .Should().Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Reverse());
    }

    [Fact]
    public void A_reversed_scan_shows_the_entries_of_its_beginning_whatever_is_written_later()
    {
        using var engine = Open();
        Write(engine, 1, b => { foreach (var key in "abcd") b.Put([(byte)key], "old"u8); });
        using var scan = engine.Scan([], [], reversed: true);
        scan.MoveNext().Should().BeTrue();

        Write(engine, 2, b => { b.Put("b"u8, "new"u8); b.Delete("c"u8); b.DeleteRange("a"u8, "b"u8); });

        var seen = new List<string> { Encoding.UTF8.GetString(scan.Key) };
        while (scan.MoveNext())
            seen.Add(Encoding.UTF8.GetString(scan.Key) + Encoding.UTF8.GetString(scan.Value));
        seen.Should().Equal("d", "cold", "bold", "aold");
        scan.MoveNext().Should().BeFalse();
    }

    [Fact]
    public void A_scan_shows_the_entries_of_its_beginning_whatever_is_written_later()
    {
        using var engine = Open();
        Write(engine, 1, b => { foreach (var key in "abcd") b.Put([(byte)key], "old"u8); });
        using var scan = engine.Scan([], []);
        scan.MoveNext().Should().BeTrue();

        Write(engine, 2, b => { b.Put("b"u8, "new"u8); b.Delete("c"u8); b.Put("cc"u8, "new"u8); b.DeleteRange("d"u8, "z"u8); });
        engine.Flush();

        var seen = new List<string> { Text(scan) };
        while (scan.MoveNext())
            seen.Add(Text(scan));
        seen.Should().Equal("a=old", "b=old", "c=old", "d=old");
        scan.MoveNext().Should().BeFalse();
        Content(engine).Should().HaveCount(3);

        static string Text(IStateIterator i) => $"{Encoding.UTF8.GetString(i.Key)}={Encoding.UTF8.GetString(i.Value)}";
    }

    [Fact]
    public void Of_a_batch_the_last_change_of_a_key_wins()
    {
        using var engine = Open();
        Write(engine, 1, b =>
        {
            b.Put("a"u8, "1"u8);
            b.Put("a"u8, "2"u8);
            b.Put("b"u8, "1"u8);
            b.Delete("b"u8);
            b.Delete("c"u8);
            b.Put("c"u8, "3"u8);
            b.Put("d"u8, "1"u8);
            b.DeleteRange("d"u8, "e"u8);
            b.DeleteRange("e"u8, "f"u8);
            b.Put("e"u8, "4"u8);
        });

        Content(engine).Should().Equal(("61", "32"), ("63", "33"), ("65", "34"));
    }

    [Fact]
    public void A_batch_counts_its_changes_and_is_empty_after_it_was_written_or_cleared()
    {
        using var engine = Open();
        using var batch = engine.CreateBatch();
        batch.Put("a"u8, "1"u8);
        batch.Delete("b"u8);
        batch.DeleteRange("c"u8, "d"u8);
        batch.Count.Should().Be(3);
        batch.Bytes.Should().BeGreaterThan(4);

        engine.Write(batch, 1);

        (batch.Count, batch.Bytes).Should().Be((0, 0L));
        batch.Put("x"u8, "1"u8);
        batch.Clear();
        engine.Write(batch, 2);
        Content(engine).Should().Equal(("61", "31"));
        engine.Position.Should().Be(2);
    }

    [Fact]
    public void Delete_range_removes_from_its_start_inclusive_to_its_end_exclusive()
    {
        using var engine = Open();
        Write(engine, 1, b => { foreach (var key in "abcde") b.Put([(byte)key], []); });

        Write(engine, 2, b => b.DeleteRange("b"u8, "d"u8));

        Content(engine).Select(e => e.Key).Should().Equal("61", "64", "65");
    }

    [Theory]
    [InlineData("c", "c")]
    [InlineData("d", "b")]
    [InlineData("b", "")]
    public void Delete_range_removes_nothing_unless_its_start_is_before_its_end(string from, string to)
    {
        using var engine = Open();
        Write(engine, 1, b => { foreach (var key in "abcde") b.Put([(byte)key], []); });

        Write(engine, 2, b => b.DeleteRange(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to)));

        Content(engine).Should().HaveCount(5);
    }

    [Fact]
    public void Position_and_tag_are_kept_with_the_entries()
    {
        using (var engine = Open())
        {
            engine.Tag = "window 5 min; größer";
            Write(engine, 41, b => b.Put("a"u8, "1"u8));
            Write(engine, 42, b => b.Delete("z"u8));
            engine.Flush();
        }

        using var reopened = Open();
        (reopened.Position, reopened.Tag).Should().Be((42, "window 5 min; größer"));
        Content(reopened).Should().Equal(("61", "31"));
    }

    [Fact]
    public void A_tag_is_written_with_the_next_batch_and_kept_by_those_after_it()
    {
        using (var engine = Open())
        {
            engine.Tag = "first";
            Write(engine, 1, b => b.Put("a"u8, "1"u8));
            engine.Flush();
            engine.Tag = "never written";
        }

        using (var engine = Open())
        {
            engine.Tag.Should().Be("first");
            Write(engine, 2, b => b.Put("a"u8, "2"u8));
            engine.Flush();
        }

        using var last = Open();
        (last.Position, last.Tag).Should().Be((2, "first"));
    }

    [Fact]
    public void After_a_crash_the_content_is_that_of_an_earlier_batch_and_at_least_of_the_last_flush()
    {
        var expected = new List<(string, string)[]>();
        var engine = Open();
        for (var position = 0; position < 100; position++)
        {
            Write(engine, position, b =>
            {
                b.Put([(byte)(position % 10)], [(byte)position]);
                b.Delete([(byte)((position + 5) % 10)]);
            });
            expected.Add([.. Content(engine)]);
            if (position == 60)
                engine.Flush();
        }

        Crash(engine);

        using var reopened = Open();
        reopened.Position.Should().BeInRange(60, 99);
        Content(reopened).Should().Equal(expected[(int)reopened.Position]);
    }

    [Theory]
    [InlineData(5_000)]
    [InlineData(300_000)]
    public void A_bulk_load_ends_with_the_last_version_of_each_key(int records)
    {
        using (var engine = Open())
        {
            Write(engine, 1, b => { b.Put(Key(3), "before"u8); b.Put("old"u8, "before"u8); b.Put("kept"u8, "before"u8); });

            Load(engine, records);
            Write(engine, 2 * records, b => { b.Delete("old"u8); b.Delete(Key(7)); b.Put(Key(9), "last"u8); });
            engine.EndRestore();

            ExpectLoaded(engine, records);
            engine.Flush();
        }

        using var reopened = Open();
        ExpectLoaded(reopened, records);
    }

    [Theory]
    [InlineData(5_000)]
    [InlineData(300_000)]
    public void After_a_crash_in_a_bulk_load_the_content_is_that_of_an_earlier_batch(int records)
    {
        var engine = Open();
        Write(engine, 0, b => b.Put("kept"u8, "before"u8));
        engine.Flush();
        Load(engine, records);

        Crash(engine);

        using var reopened = Open();
        var loaded = reopened.Position;
        (loaded == 0 || (loaded - records) % 1000 == 0).Should().BeTrue($"{loaded} is the position of a batch");
        var present = loaded == 0 ? 0 : Math.Min(loaded - records, records / 2);
        Content(reopened).Should().HaveCount((int)present + 1);
    }

    [Fact]
    public void A_batch_without_changes_moves_the_position_in_a_bulk_load_too()
    {
        using (var engine = Open())
        {
            engine.BeginRestore();
            Write(engine, 5, _ => { });
            engine.EndRestore();
            engine.Flush();
        }

        using var reopened = Open();
        reopened.Position.Should().Be(5);
    }

    [Fact]
    public void What_is_not_in_a_store_any_more_takes_no_part_in_a_second_bulk_load()
    {
        using var engine = Open();
        for (var round = 1; round <= 2; round++)
        {
            engine.BeginRestore();
            Write(engine, round, b => b.Put([(byte)round], []));
            engine.EndRestore();
            Content(engine).Should().HaveCount(1);
            Write(engine, round + 10, b => b.DeleteRange([], [0xff]));
        }

        Content(engine).Should().BeEmpty();
    }

    [Fact]
    public void The_count_is_about_that_of_the_entries()
    {
        using var engine = Open();
        Write(engine, 1, b => { for (var i = 0; i < 1000; i++) b.Put(Key(i), []); });

        engine.ApproximateCount.Should().BeInRange(900, 1100);
    }

    [Fact]
    public void An_engine_that_was_disposed_of_says_so()
    {
        var engine = Open();
        using var batch = engine.CreateBatch();
        batch.Put("a"u8, "1"u8);
        engine.Dispose();

        engine.Invoking(e => e.TryGet("a"u8, new ArrayBufferWriter<byte>())).Should().Throw<ObjectDisposedException>();
        engine.Invoking(e => e.Scan([], [])).Should().Throw<ObjectDisposedException>();
        engine.Invoking(e => e.Write(batch, 1)).Should().Throw<ObjectDisposedException>();
        engine.Invoking(e => e.Flush()).Should().Throw<ObjectDisposedException>();
        engine.Invoking(e => e.Dispose()).Should().NotThrow();
    }

    internal static void Write(IStateEngine engine, long position, Action<IStateBatch> change)
    {
        using var batch = engine.CreateBatch();
        change(batch);
        engine.Write(batch, position);
    }

    internal static List<(string Key, string Value)> Content(IStateEngine engine) => Content(engine, Everything, Everything);

    internal static byte[]? Value(IStateEngine engine, ReadOnlySpan<byte> key)
    {
        var value = new ArrayBufferWriter<byte>();
        return engine.TryGet(key, value) ? value.WrittenSpan.ToArray() : null;
    }

    private static List<(string Key, string Value)> Content(IStateEngine engine, byte[] from, byte[] to)
    {
        var content = new List<(string, string)>();
        using var scan = engine.Scan(from, to);
        while (scan.MoveNext())
            content.Add((Convert.ToHexString(scan.Key), Convert.ToHexString(scan.Value)));
        return content;
    }

    private static List<string> Reversed(IStateEngine engine, byte[] from, byte[] to)
    {
        var keys = new List<string>();
        using var scan = engine.Scan(from, to, reversed: true);
        while (scan.MoveNext())
            keys.Add(Encoding.UTF8.GetString(scan.Key));
        return keys;
    }

    private static byte[] Key(int number) => Encoding.UTF8.GetBytes($"key {number:0000000}");

    // Two versions of each key, far apart, in batches of a thousand: positions are records, records + 1000, ...
    private static void Load(IStateEngine engine, int records)
    {
        engine.BeginRestore();
        using var batch = engine.CreateBatch();
        for (var i = 0; i < records; i++)
        {
            batch.Put(Key(i % (records / 2)), Encoding.UTF8.GetBytes($"version {i / (records / 2)} of {i % (records / 2)}, made a little longer"));
            if (batch.Count == 1000)
                engine.Write(batch, records + i + 1);
        }
    }

    private static void ExpectLoaded(IStateEngine engine, int records)
    {
        engine.Position.Should().Be(2 * records);
        var expected = Enumerable.Range(0, records / 2).Where(i => i != 7)
            .Select(i => (Convert.ToHexString(Key(i)), Convert.ToHexString(i == 9 ? "last"u8 : Encoding.UTF8.GetBytes($"version 1 of {i}, made a little longer"))))
            .Append((Convert.ToHexString("kept"u8), Convert.ToHexString("before"u8))).OrderBy(e => e.Item1, StringComparer.Ordinal);
        Content(engine).SequenceEqual(expected).Should().BeTrue();
    }
}
