namespace CrashStreams.Protocol.Wire;

/// <summary>Arrays, nullable structs and tagged fields.</summary>
internal ref partial struct WireReader
{
    public List<T> ReadArray<T>(short version, bool flexible, int minElementSize)
        where T : class, IWireStruct<T> =>
        ReadNullableArray<T>(version, flexible, minElementSize) ?? throw NullNotAllowed("array");

    public List<T>? ReadNullableArray<T>(short version, bool flexible, int minElementSize)
        where T : class, IWireStruct<T>
    {
        var count = ReadCount(flexible, minElementSize);
        if (count < 0)
            return null;
        var list = new List<T>(count);
        for (var i = 0; i < count; i++)
            list.Add(T.Read(ref this, version));
        return list;
    }

    public T? ReadNullableStruct<T>(short version)
        where T : class, IWireStruct<T>
    {
        var marker = ReadInt8();
        return marker switch
        {
            -1 => null,
            1 => T.Read(ref this, version),
            _ => throw new ProtocolException($"A nullable struct begins with {marker}."),
        };
    }

    public List<string> ReadStringArray(bool flexible) => ReadNullableStringArray(flexible) ?? throw NullNotAllowed("array");

    public List<string>? ReadNullableStringArray(bool flexible)
    {
        var count = ReadCount(flexible, flexible ? 1 : 2);
        if (count < 0)
            return null;
        var list = new List<string>(count);
        for (var i = 0; i < count; i++)
            list.Add(ReadString(flexible));
        return list;
    }

    public List<sbyte> ReadInt8Array(bool flexible)
    {
        var count = ReadNonNullCount(flexible, sizeof(sbyte));
        var list = new List<sbyte>(count);
        for (var i = 0; i < count; i++)
            list.Add(ReadInt8());
        return list;
    }

    public List<short> ReadInt16Array(bool flexible)
    {
        var count = ReadNonNullCount(flexible, sizeof(short));
        var list = new List<short>(count);
        for (var i = 0; i < count; i++)
            list.Add(ReadInt16());
        return list;
    }

    public List<int> ReadInt32Array(bool flexible) => ReadNullableInt32Array(flexible) ?? throw NullNotAllowed("array");

    public List<int>? ReadNullableInt32Array(bool flexible)
    {
        var count = ReadCount(flexible, sizeof(int));
        if (count < 0)
            return null;
        var list = new List<int>(count);
        for (var i = 0; i < count; i++)
            list.Add(ReadInt32());
        return list;
    }

    public List<long> ReadInt64Array(bool flexible)
    {
        var count = ReadNonNullCount(flexible, sizeof(long));
        var list = new List<long>(count);
        for (var i = 0; i < count; i++)
            list.Add(ReadInt64());
        return list;
    }

    public int ReadTagCount()
    {
        var count = ReadUnsignedVarint();
        return count <= Remaining / 2 ? (int)count : throw new ProtocolException($"{count} tagged fields in {Remaining} bytes.");
    }

    /// <summary>Reads a tag and the size of its value; the value ends at position <paramref name="end"/>.</summary>
    public int ReadTag(out int end)
    {
        var tag = ReadUnsignedVarint();
        var size = ReadUnsignedVarint();
        if (size > (uint)Remaining)
            throw BadLength(size);
        end = _position + (int)size;
        return tag <= int.MaxValue ? (int)tag : -1;
    }

    public void SkipTo(int end) => _position = end;

    public readonly void EndTag(int end)
    {
        if (_position != end)
            throw new ProtocolException("A tagged field's value does not have the size announced.");
    }

    public void SkipTaggedFields()
    {
        for (var left = ReadTagCount(); left > 0; left--)
        {
            ReadTag(out var end);
            SkipTo(end);
        }
    }

    private int ReadNonNullCount(bool flexible, int minElementSize)
    {
        var count = ReadCount(flexible, minElementSize);
        return count >= 0 ? count : throw NullNotAllowed("array");
    }

    /// <summary>The number of elements, -1 for null; no more than the remaining bytes can hold.</summary>
    private int ReadCount(bool flexible, int minElementSize)
    {
        var count = Length(flexible);
        if (count > Remaining / minElementSize)
            throw BadLength(count);
        _elementsLeft -= Math.Max(0, count);
        return _elementsLeft >= 0 ? count : throw new ProtocolException("The arrays of a frame have too many elements.");
    }
}
