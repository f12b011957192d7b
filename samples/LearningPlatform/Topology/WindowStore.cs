using CrashStreams.Stores;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>
/// Open windows in a store. Users are stored in portions, and a portion that is full is never written again: a set of a million users costs what is new in it.
/// <code>
/// key    view (1) · pane (8) · missed windows (1) · portion (8) · group
/// value  portion 0: counts and numbers; the others: users
/// </code>
/// </summary>
internal sealed class WindowStore(IKeyValueStore<byte[], byte[]> store)
{
    private const int FullPortion = 64;
    private const int LargestPortion = 500;

    private readonly PackedWriter _writer = new();

    /// <summary>Reads what an earlier life of the task has left.</summary>
    public void LoadInto(OpenWindows windows)
    {
        foreach (var (keyBytes, value) in store.All())
        {
            var key = new PackedReader(keyBytes);
            var (view, pane, missed, portion) = (key.Byte(), key.BigEndian(), key.Byte(), (int)key.BigEndian());
            var group = windows.Restored(view, new(key.RawText(), pane, missed));
            var reader = new PackedReader(value);
            if (portion == 0)
            {
                group.Tally.Add(ref reader);
                continue;
            }

            var users = new List<string>();
            while (!reader.IsAtEnd)
                users.Add(windows.Users.Of(reader.Utf8()));
            group.Tally.Users!.UnionWith(users);
            if (users.Count >= FullPortion)
                group.FullPortions = Math.Max(group.FullPortions, portion);
            else
                group.NewUsers.AddRange(users);
        }
    }

    public void Save(ViewPlan plan, GroupTally group)
    {
        group.IsDirty = false;
        _writer.Clear();
        group.Tally.Write(_writer);
        var numbers = Value();
        store.Put(Key(plan, group, 0), numbers);
        var from = 0;
        while (from < group.NewUsers.Count)
        {
            var count = Math.Min(group.NewUsers.Count - from, LargestPortion);
            _writer.Clear();
            foreach (var user in group.NewUsers.Slice(from, count))
                _writer.Text(user);
            var value = Value();
            store.Put(Key(plan, group, group.FullPortions + 1), value);
            if (count < FullPortion)
                break;
            group.FullPortions++;
            from += count;
        }

        group.NewUsers.RemoveRange(0, from);
        if (group.NewUsers.Count == 0)
            group.NewUsers.Capacity = 0;
    }

    public void Delete(ViewPlan plan, GroupTally group)
    {
        for (var portion = 0; portion <= group.FullPortions + 1; portion++)
            store.Delete(Key(plan, group, portion));
    }

    private byte[] Value() => _writer.Written.ToArray();

    private byte[] Key(ViewPlan plan, GroupTally group, int portion)
    {
        _writer.Clear();
        _writer.Byte(plan.Index);
        _writer.BigEndian(group.Key.Pane);
        _writer.Byte((byte)group.Key.Missed);
        _writer.BigEndian(portion);
        _writer.RawText(group.Key.Group);
        return Value();
    }
}
