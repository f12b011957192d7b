namespace CrashStreams.Stores;

/// <summary>
/// An estimate of the memory that a cache takes: what its entries were serialized to when they were last read or written, and a constant for each.
/// An entry that was never serialized counts as much as the others on average.
/// </summary>
internal struct CacheSize
{
    // A dictionary's slot, an entry's fields, the headers of two small objects.
    public const int PerEntry = 120;

    private long _bytes;
    private long _sized;

    public readonly long Of(int entries) => (long)entries * PerEntry + Math.Max(_bytes, 0) + Math.Max(0, entries - _sized) * Average;

    public readonly long OfDirty(int entries) => entries * (PerEntry + Average);

    private readonly long Average => _sized > 0 ? _bytes / _sized : 0;

    /// <param name="before">An entry's size so far; 0 when it had none.</param>
    /// <param name="after">Its size now; 0 when it is forgotten.</param>
    public void Resize(int before, int after)
    {
        _bytes += after - before;
        _sized += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    }
}
