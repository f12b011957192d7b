using System.Text;

namespace CrashStreams.RocksDb.Tests;

/// <summary>The order in which a run of a bulk load goes into its file.</summary>
public sealed class LoadRunTests
{
    private const int Changes = 3000;

    public static TheoryData<string> Shapes => ["short", "alike", "zeros", "few", "windows", "ordered", "long"];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Changes_are_in_the_order_of_their_keys_and_those_of_one_key_as_they_came(string shape)
    {
        var random = new Random(Changes);
        var keys = Enumerable.Range(0, Changes).Select(i => Key(shape, i, random)).ToList();
        using var run = new LoadRun(4 << 20);
        using var batch = new StoreBatch();
        for (var i = 0; i < Changes; i++)
        {
            if (i % 5 == 4)
                batch.Delete(keys[i]);
            else
                batch.Put(keys[i], BitConverter.GetBytes(i));
            if (i % 100 < 99)
                continue;
            run.HasRoomFor(batch).Should().BeTrue();
            run.Append(batch);
            batch.Clear();
        }

        run.Sort();

        var expected = Enumerable.Range(0, Changes).OrderBy(i => Convert.ToHexString(keys[i]), StringComparer.Ordinal).ThenBy(i => i)
            .Select(i => $"{Convert.ToHexString(keys[i])} {(i % 5 == 4 ? "deleted" : i)}");
        Content(run).Should().Equal(expected);
    }

    [Fact]
    public void A_batch_with_a_range_is_not_for_a_run()
    {
        using var run = new LoadRun(1024);
        using var batch = new StoreBatch();
        batch.Put("a"u8, "1"u8);
        run.IsFor(batch).Should().BeTrue();
        batch.DeleteRange("a"u8, "b"u8);
        run.IsFor(batch).Should().BeFalse();
    }

    [Fact]
    public void A_run_takes_what_it_has_room_for()
    {
        using var run = new LoadRun(1024);
        using var batch = new StoreBatch();
        batch.Put("key"u8, new byte[600]);
        run.HasRoomFor(batch).Should().BeTrue();
        run.Append(batch);
        run.HasRoomFor(batch).Should().BeFalse();
        run.IsFor(batch).Should().BeTrue();
        run.Clear();
        run.HasRoomFor(batch).Should().BeTrue();
        batch.Put("other"u8, new byte[600]);
        run.IsFor(batch).Should().BeFalse();
    }

    private static byte[] Key(string shape, int number, Random random) => shape switch
    {
        "short" => Random(random, random.Next(4), 3),
        "alike" => [.. "the beginning that all have "u8, .. Random(random, random.Next(20), 4)],
        "zeros" => new byte[random.Next(40)],
        "few" => Encoding.UTF8.GetBytes($"user-{random.Next(3)}"),
        "windows" => [0, 0, 0, 1, 139, 207, 229, (byte)random.Next(2), 0, .. Encoding.UTF8.GetBytes($"user-{random.Next(500)}"), 0, 0, 0, 0],
        "ordered" => Encoding.UTF8.GetBytes($"key {number:0000000}"),
        _ => Random(random, 200 + random.Next(3), 256),
    };

    private static byte[] Random(Random random, int length, int values) => Enumerable.Range(0, length).Select(_ => (byte)random.Next(values)).ToArray();

    private static List<string> Content(LoadRun run)
    {
        var content = new List<string>();
        for (var i = 0; i < run.Count; i++)
            content.Add(Of(run[i]));
        return content;
    }

    private static unsafe string Of(StoreChange change) =>
        $"{Convert.ToHexString(change.KeySpan)} {(change.IsDeletion ? "deleted" : BitConverter.ToInt32(new ReadOnlySpan<byte>(change.Value, change.ValueLength)))}";
}
