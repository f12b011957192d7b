using System.Collections;
using System.Text;

namespace CrashStreams.Log;

/// <summary>A record's headers in order; keys may repeat and values may be null, as in Kafka.</summary>
public sealed class Headers : IEnumerable<KeyValuePair<string, byte[]?>>
{
    private readonly List<KeyValuePair<string, byte[]?>> _items = [];

    /// <summary>The number of headers.</summary>
    public int Count => _items.Count;

    /// <summary>The header at a position.</summary>
    public KeyValuePair<string, byte[]?> this[int index] => _items[index];

    /// <summary>Appends a header.</summary>
    public Headers Add(string key, byte[]? value)
    {
        _items.Add(new(key, value));
        return this;
    }

    /// <summary>Appends a header with a UTF-8 text.</summary>
    public Headers Add(string key, string value) => Add(key, Encoding.UTF8.GetBytes(value));

    /// <summary>The value of the last header with this key, or null.</summary>
    public byte[]? Last(string key)
    {
        for (var i = _items.Count - 1; i >= 0; i--)
            if (_items[i].Key == key)
                return _items[i].Value;
        return null;
    }

    /// <summary>Removes all headers with this key.</summary>
    public void Remove(string key) => _items.RemoveAll(h => h.Key == key);

    /// <summary>A copy that can be changed without touching this one; the values are shared.</summary>
    public Headers Copy()
    {
        var copy = new Headers();
        copy._items.AddRange(_items);
        return copy;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, byte[]?>> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
