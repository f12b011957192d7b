using System.Buffers.Binary;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb.Tests;

/// <summary>Batches that follow from their position alone, and what a store holds after all up to a position.</summary>
internal sealed class BatchModel
{
    private const int Keys = 3000;
    private readonly SortedDictionary<int, string> _entries = [];

    public long Position { get; private set; } = -1;

    public IEnumerable<(string Key, string Value)> Content => _entries.Select(e => (Convert.ToHexString(Key(e.Key)), e.Value));

    public static void Fill(IStateBatch batch, long position)
    {
        foreach (var (key, end, value) in Changes(position))
        {
            if (value is not null)
                batch.Put(Key(key), value);
            else if (end == key + 1)
                batch.Delete(Key(key));
            else
                batch.DeleteRange(Key(key), Key(end));
        }
    }

    public void AdvanceTo(long position)
    {
        while (Position < position)
        {
            foreach (var (key, end, value) in Changes(++Position))
            {
                if (value is not null)
                {
                    _entries[key] = Convert.ToHexString(value);
                    continue;
                }

                for (var removed = key; removed < end; removed++)
                    _entries.Remove(removed);
            }
        }
    }

    private static IEnumerable<(int Key, int End, byte[]? Value)> Changes(long position)
    {
        var random = new Random((int)position);
        for (var put = 0; put < 12; put++)
        {
            var value = new byte[random.Next(300)];
            random.NextBytes(value);
            yield return (random.Next(Keys), 0, value);
        }

        for (var delete = 0; delete < 3; delete++)
        {
            var key = random.Next(Keys);
            yield return (key, key + 1, null);
        }

        var start = random.Next(Keys);
        if (position % 10 == 0)
            yield return (start, start + 2 + random.Next(50), null);
    }

    private static byte[] Key(int number)
    {
        var key = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        return key;
    }
}
