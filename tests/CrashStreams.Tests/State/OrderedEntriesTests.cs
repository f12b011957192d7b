using System.Buffers.Binary;
using CrashStreams.Stores;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Tests.State;

/// <summary>The branches and leaves behind an ordered store.</summary>
public class OrderedEntriesTests
{
    [Theory]
    [InlineData(63)] // Between both halves of a leaf that is split for it.
    [InlineData(61)]
    [InlineData(65)]
    [InlineData(-1)]
    [InlineData(127)]
    public void A_key_is_found_wherever_it_falls_in_a_full_leaf(int key)
    {
        var entries = new OrderedEntries();
        for (var even = 0; even < 2 * OrderedLeaf.Capacity; even += 2)
            entries.GetOrAdd(Bytes(even), 0, out _);
        var added = entries.GetOrAdd(Bytes(key), 0, out var existed);
        existed.Should().BeFalse();
        entries.TryFind(Bytes(key), out var found).Should().BeTrue();
        found.Should().Be(added);
        entries.GetOrAdd(Bytes(key), 0, out existed).Should().Be(added);
        existed.Should().BeTrue();
        var at = entries.LowerBound(Bytes(key));
        OrderedEntries.TryGet(ref at).Should().BeTrue();
        at.Should().Be(added);
    }

    [Fact]
    public void Any_keys_and_values_lie_as_in_a_sorted_dictionary()
    {
        // Common beginnings of all lengths, keys that are beginnings of others, zeros at their end, values that grow and shrink, and large ones.
        var key =
            from common in Gen.Choose(0, 20)
            from length in Gen.Choose(0, 10)
            from rest in Gen.Elements<byte>(0, 1, 2, 0x7f, 0xff).ArrayOf(length)
            select Enumerable.Repeat((byte)7, common).Concat(rest).ToArray();
        var step =
            from kind in Gen.Frequency((12, Gen.Constant('+')), (3, Gen.Constant('-')), (1, Gen.Constant('<')), (1, Gen.Constant('~')))
            from first in key
            from second in key
            from size in Gen.Frequency((8, Gen.Choose(0, 40)), (1, Gen.Choose(0, 9_000)))
            select (Kind: kind, First: first, Second: second, Size: size);
        Prop.ForAll(step.ListOf(4_000).ToArbitrary(), steps =>
        {
            var (entries, model) = (new OrderedEntries(), new SortedDictionary<byte[], byte[]>(KeyOrder.Instance));
            foreach (var (kind, first, second, size) in steps)
            {
                switch (kind)
                {
                    case '+':
                        var value = new byte[size];
                        Random.Shared.NextBytes(value);
                        entries.SetValue(entries.GetOrAdd(first, size, out var existed), value);
                        existed.Should().Be(model.ContainsKey(first));
                        model[first] = value;
                        break;
                    case '-':
                        entries.TryFind(first, out _).Should().Be(model.Remove(first));
                        entries.Remove(first);
                        break;
                    case '<':
                        // Now and then most of it.
                        var range = model.Keys.Where(k => KeyOrder.Instance.Compare(k, first) >= 0 && KeyOrder.Instance.Compare(k, second) < 0).ToList();
                        var removed = new List<byte[]>();
                        entries.RemoveRange(first, second, (leaf, index) => removed.Add(leaf.Key(index).ToArray()));
                        removed.Should().BeEquivalentTo(range, static o => o.WithStrictOrdering());
                        range.ForEach(k => model.Remove(k));
                        break;
                    default:
                        // Two of three entries go.
                        var number = 0;
                        entries.Walk(LeafMarks.None, leaf =>
                        {
                            for (var i = 0; i < leaf.Count; i++)
                            {
                                if (number++ % 3 == 0)
                                    continue;
                                leaf[i].State |= EntryState.Leaving;
                                model.Remove(leaf.Key(i).ToArray());
                            }
                        });
                        break;
                }
            }

            Check(entries, model);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    [Fact]
    public void Many_keys_are_found_and_go()
    {
        var (entries, model, random) = (new OrderedEntries(), new SortedDictionary<byte[], byte[]>(KeyOrder.Instance), new Random(1));
        for (var i = 0; i < 60_000; i++)
        {
            var key = Bytes(random.Next(100_000));
            entries.SetValue(entries.GetOrAdd(key, key.Length, out _), key);
            model[key] = key;
        }

        Check(entries, model);
        foreach (var key in model.Keys.OrderBy(_ => random.Next()).Take(50_000).ToList())
        {
            entries.TryFind(key, out var at).Should().BeTrue();
            entries.Remove(at);
            model.Remove(key);
        }

        Check(entries, model);
        entries.RemoveRange([], [0xff], static (_, _) => { });
        Check(entries, new(KeyOrder.Instance));
    }

    [Fact]
    public void What_was_read_from_a_store_may_be_put_into_it()
    {
        var entries = new OrderedEntries();
        var last = entries.GetOrAdd(Bytes(0), 100, out _);
        entries.SetValue(last, Enumerable.Range(0, 100).Select(static i => (byte)i).ToArray());
        for (var i = 1; i < 1_000; i++)
        {
            var value = last.Leaf!.Value(last.Index);
            last = entries.GetOrAdd(Bytes(i), value.Length, out _);
            entries.SetValue(last, value);
        }

        last.Leaf!.Value(last.Index).ToArray().Should().Equal(Enumerable.Range(0, 100).Select(static i => (byte)i));
    }

    [Fact]
    public void Entries_that_come_and_go_allocate_nothing()
    {
        var entries = new OrderedEntries();
        void Run(int from, int count)
        {
            Span<byte> key = stackalloc byte[sizeof(int)];
            for (var i = from; i < from + count; i++)
            {
                BinaryPrimitives.WriteInt32BigEndian(key, i);
                entries.SetValue(entries.GetOrAdd(key, 8, out _), [1, 2, 3, 4, 5, 6, 7, 8]);
                BinaryPrimitives.WriteInt32BigEndian(key, i - 100);
                if (entries.TryFind(key, out var at))
                    entries.Remove(at);
            }
        }

        Run(1, 10_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(10_001, 100_000);

        // A bound for each leaf.
        ((GC.GetAllocatedBytesForCurrentThread() - before) / 100_000.0).Should().BeLessThan(1);
    }

    private static void Check(OrderedEntries entries, SortedDictionary<byte[], byte[]> model)
    {
        entries.Count.Should().Be(model.Count);
        var at = entries.LowerBound([]);
        foreach (var (key, value) in model)
        {
            OrderedEntries.TryGet(ref at).Should().BeTrue();
            at.Leaf!.Key(at.Index).SequenceEqual(key).Should().BeTrue();
            at.Leaf.Value(at.Index).SequenceEqual(value).Should().BeTrue();
            entries.TryFind(key, out var found).Should().BeTrue();
            found.Should().Be(at);
            at = new(at.Leaf, at.Index + 1);
        }

        OrderedEntries.TryGet(ref at).Should().BeFalse();
        at = entries.End;
        foreach (var key in model.Keys.Reverse())
        {
            OrderedEntries.TryGetBefore(ref at).Should().BeTrue();
            at.Leaf!.Key(at.Index).SequenceEqual(key).Should().BeTrue();
        }

        OrderedEntries.TryGetBefore(ref at).Should().BeFalse();
    }

    private static byte[] Bytes(int key)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, key + 1_000);
        return bytes;
    }
}
