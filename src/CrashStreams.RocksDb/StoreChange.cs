namespace CrashStreams.RocksDb;

/// <summary>One put or delete in a batch's bytes, whose layout is drawn over <see cref="StoreBatch"/>.</summary>
internal readonly unsafe struct StoreChange
{
    public readonly byte* Key;
    public readonly int KeyLength;
    public readonly byte* Value;
    public readonly int ValueLength;

    private StoreChange(byte* key, int keyLength, byte* value, int valueLength)
    {
        Key = key;
        KeyLength = keyLength;
        Value = value;
        ValueLength = valueLength;
    }

    /// <summary>Whether it removes the key.</summary>
    public bool IsDeletion => Value == null;

    /// <summary>Where the next change begins.</summary>
    public byte* End => IsDeletion ? Key + KeyLength : Value + ValueLength;

    public ReadOnlySpan<byte> KeySpan => new(Key, KeyLength);

    /// <summary>The change that begins there.</summary>
    public static StoreChange At(byte* start)
    {
        var at = start + 1;
        var keyLength = ReadLength(ref at);
        var key = at;
        if (*start == StoreBatch.Deletion)
            return new(key, keyLength, null, 0);
        at += keyLength;
        var valueLength = ReadLength(ref at);
        return new(key, keyLength, at, valueLength);
    }

    private static int ReadLength(ref byte* at)
    {
        if (*at < 0x80)
            return *at++;
        var value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = *at++;
            value |= (part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
