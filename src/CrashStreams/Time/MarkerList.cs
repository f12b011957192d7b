namespace CrashStreams.Time;

/// <summary>The tasks that a <see cref="MarkerRecord"/> tells of, read where they lie.</summary>
internal readonly ref struct MarkerList(ReadOnlySpan<byte> header)
{
    private readonly ReadOnlySpan<byte> _header = header;

    public Enumerator GetEnumerator() => new(_header);

    public List<WatermarkMarker> ToList()
    {
        var all = new List<WatermarkMarker>();
        foreach (var task in this)
            all.Add(task);
        return all;
    }

    internal ref struct Enumerator(ReadOnlySpan<byte> header)
    {
        private ReadOnlySpan<byte> _rest = header;
        private WatermarkMarker _current;
        private bool _hasBegun;

        public readonly WatermarkMarker Current => _current;

        public bool MoveNext()
        {
            var isFirst = !_hasBegun;
            _hasBegun = true;
            return !_rest.IsEmpty && MarkerRecord.TryReadNext(ref _rest, isFirst, ref _current);
        }
    }
}
