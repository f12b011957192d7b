namespace CrashStreams.Stores;

/// <summary>An entry of an <see cref="OrderedStore"/> in memory.</summary>
internal sealed class OrderedEntry(byte[] key)
{
    private byte[] _value = [];
    private int _length;

    public byte[] Key => key;

    public ReadOnlySpan<byte> Value => _value.AsSpan(0, _length);

    /// <summary>The value as of the last commit, where nobody else keeps it.</summary>
    public byte[]? Committed { get; set; }

    /// <summary>The event time that the changelog records with the entry, milliseconds.</summary>
    public long Timestamp { get; set; }

    /// <summary>False: the entry was removed, and the changelog or the engine still has to learn it.</summary>
    public bool IsPresent { get; set; }

    /// <summary>Changed since the last commit.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Neither the changelog nor the engine has anything of this key, so that removing the entry again leaves nothing to write.</summary>
    public bool IsNew { get; set; }

    /// <summary>Removed and set again since the last commit.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>No longer part of the store, but still to be written to the changelog.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Read or written since eviction last looked at it.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Serialized size, bytes.</summary>
    public int Size => key.Length + _length;

    public void SetValue(ReadOnlySpan<byte> value)
    {
        // Reused while it fits, but a short value does not keep a long one's memory.
        if (value.Length > _value.Length || value.Length < _value.Length / 4)
            _value = new byte[value.Length];
        value.CopyTo(_value);
        _length = value.Length;
    }
}
