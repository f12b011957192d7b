namespace CrashStreams;

/// <summary>Where a partition is read from when nothing says where it was left.</summary>
public enum OffsetReset
{
    /// <summary>From the first record that is there.</summary>
    Earliest,

    /// <summary>From the records that are written from now on.</summary>
    Latest,

    /// <summary>Nowhere: the application fails and says which partition it is.</summary>
    Fail,
}
