namespace CrashStreams.Samples.Learning.Topology;

/// <summary>
/// Partial tallies as they go through the shuffle, many in a record, a record for each shard:
/// <code>
/// per tally: view (1) · missed windows (1) · pane / its length · group · counts and numbers · users, their number first
/// </code>
/// </summary>
internal sealed class PartialRecords
{
    // Far below what a record of Kafka may be, and below the size from which .NET's arrays are only collected with the whole heap.
    private const int LongestRecord = 48 * 1024;

    private readonly PackedWriter?[] _writers = new PackedWriter?[Shards.Count];

    /// <summary>Writes everything that there is, and gives away the records.</summary>
    public void Write(PartialTallies tallies, Action<int, byte[]> send)
    {
        tallies.Drain((plan, key, tally) => Write(plan, key, tally, send));
        for (var shard = 0; shard < _writers.Length; shard++)
            Send(shard, send);
    }

    /// <summary>Adds the tallies of a record to open windows.</summary>
    public static void Read(ReadOnlySpan<byte> record, OpenWindows windows)
    {
        var reader = new PackedReader(record);
        while (!reader.IsAtEnd)
        {
            var (view, missed) = (reader.Byte(), reader.Byte());
            var plan = windows.PlanOf(view);
            var pane = reader.Number() * plan.PaneMs;
            windows.Add(plan, new(reader.Text(), pane, missed), ref reader);
        }
    }

    private void Write(ViewPlan plan, TallyKey key, Tally tally, Action<int, byte[]> send)
    {
        var shard = plan.ShardOf(key.Group);
        var writer = Begin(shard, plan, key);
        tally.Write(writer);
        if (tally.Users is null)
        {
            SendIfLong(shard, send);
            return;
        }

        var left = tally.Users.Count;
        var room = 0;
        foreach (var user in tally.Users)
        {
            if (room == 0)
            {
                // Users beyond what fits go on as a tally of nothing but users.
                if (left < tally.Users.Count)
                    new Tally(plan.Shape).Write(writer = Begin(shard, plan, key));
                writer.Number(room = Math.Min(left, UsersPerTally));
            }

            writer.Text(user);
            left--;
            if (--room == 0)
                SendIfLong(shard, send);
        }
    }

    private const int UsersPerTally = 500;

    private PackedWriter Begin(int shard, ViewPlan plan, TallyKey key)
    {
        var writer = _writers[shard] ??= new();
        writer.Byte(plan.Index);
        writer.Byte((byte)key.Missed);
        writer.Number(key.Pane / plan.PaneMs);
        writer.Text(key.Group);
        return writer;
    }

    private void SendIfLong(int shard, Action<int, byte[]> send)
    {
        if (_writers[shard]!.Length > LongestRecord)
            Send(shard, send);
    }

    private void Send(int shard, Action<int, byte[]> send)
    {
        if (_writers[shard] is not { Length: > 0 } writer)
            return;
        send(shard, writer.Written.ToArray());
        _writers[shard] = null;
    }
}
