namespace CrashStreams.Samples.Learning.Topology;

/// <summary>The tally of a group and pane, and which of its users are not in a full portion of the store yet.</summary>
internal sealed class GroupTally(TallyKey key, TallyShape shape)
{
    public TallyKey Key => key;

    public Tally Tally { get; } = new(shape);

    /// <summary>Whether the store has less than this.</summary>
    public bool IsDirty { get; set; }

    /// <summary>How many full portions of users the store has.</summary>
    public int FullPortions { get; set; }

    /// <summary>The users behind those.</summary>
    public List<string> NewUsers { get; } = [];

    public void Add(ref PackedReader reader, StringPool users)
    {
        Tally.Add(ref reader);
        if (Tally.Users is null)
            return;
        for (var left = reader.Number(); left > 0; left--)
        {
            var user = users.Of(reader.Utf8());
            if (Tally.Users.Add(user))
                NewUsers.Add(user);
        }
    }
}
