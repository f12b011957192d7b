namespace CrashStreams.Protocol.Wire;

/// <summary>Arrays, nullable structs and tagged fields.</summary>
internal readonly ref partial struct WireWriter
{
    public void WriteArray<T>(List<T> values, short version, bool flexible)
        where T : class, IWireStruct<T>
    {
        ArgumentNullException.ThrowIfNull(values);
        WriteNullableArray(values, version, flexible);
    }

    public void WriteNullableArray<T>(List<T>? values, short version, bool flexible, bool nullable = true)
        where T : class, IWireStruct<T>
    {
        CheckNull(values, nullable);
        WriteLength(values?.Count ?? -1, flexible);
        if (values is null)
            return;
        var writer = this;
        foreach (var value in values)
            value.Write(ref writer, version);
    }

    public void WriteNullableStruct<T>(T? value, short version)
        where T : class, IWireStruct<T>
    {
        WriteInt8(value is null ? (sbyte)-1 : (sbyte)1);
        var writer = this;
        value?.Write(ref writer, version);
    }

    public void WriteStringArray(List<string> values, bool flexible)
    {
        ArgumentNullException.ThrowIfNull(values);
        WriteNullableStringArray(values, flexible);
    }

    public void WriteNullableStringArray(List<string>? values, bool flexible, bool nullable = true)
    {
        CheckNull(values, nullable);
        WriteLength(values?.Count ?? -1, flexible);
        foreach (var value in values ?? [])
            WriteString(value, flexible);
    }

    public void WriteInt8Array(List<sbyte> values, bool flexible)
    {
        WriteLength(values.Count, flexible);
        foreach (var value in values)
            WriteInt8(value);
    }

    public void WriteInt16Array(List<short> values, bool flexible)
    {
        WriteLength(values.Count, flexible);
        foreach (var value in values)
            WriteInt16(value);
    }

    public void WriteInt32Array(List<int> values, bool flexible)
    {
        ArgumentNullException.ThrowIfNull(values);
        WriteNullableInt32Array(values, flexible);
    }

    public void WriteNullableInt32Array(List<int>? values, bool flexible, bool nullable = true)
    {
        CheckNull(values, nullable);
        WriteLength(values?.Count ?? -1, flexible);
        foreach (var value in values ?? [])
            WriteInt32(value);
    }

    public void WriteInt64Array(List<long> values, bool flexible)
    {
        WriteLength(values.Count, flexible);
        foreach (var value in values)
            WriteInt64(value);
    }

    public void WriteNoTaggedFields() => WriteUnsignedVarint(0);

    public void WriteTagCount(int count) => WriteUnsignedVarint((uint)count);

    /// <summary>Begins a tagged field; its size is put before the value by <see cref="EndTag"/>.</summary>
    public int BeginTag(int tag)
    {
        WriteUnsignedVarint((uint)tag);
        return buffer.Position;
    }

    public void EndTag(int start)
    {
        var size = (uint)(buffer.Position - start);
        PutUnsignedVarint(buffer.OpenGap(start, VarintSize(size)), size);
    }
}
