using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace CrashStreams.Samples.Events;

/// <summary>
/// Reads JSON objects that other programs write: unknown fields are passed over, of a field that is there twice the last counts, and whatever is wrong has a short reason, under which the record
/// is counted. Derive from it with a loop over <see cref="NextField"/>.
/// </summary>
internal abstract class JsonObjectSerde<T> : Serde<T>
{
    protected override bool ValuesAreImmutable => true;

    public override T Deserialize(ReadOnlySpan<byte> data) => TryDeserialize(data, out var value, out var reason) ? value : throw new SerdeException(reason!);

    public override bool TryDeserialize(ReadOnlySpan<byte> data, out T value, out string? reason)
    {
        value = default!;
        reason = Utf8.IsValid(data) ? null : "invalid-utf8";
        try
        {
            reason ??= ReadDocument(data, out value);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            reason = "not-json";
        }

        return reason is null;
    }

    public override void Serialize(T value, IBufferWriter<byte> output) => throw new NotSupportedException("Events are only read.");

    /// <summary>Reads the fields of the object; answers what is wrong with them, or null.</summary>
    protected abstract string? Read(ref Utf8JsonReader json, out T value);

    /// <summary>Moves to the next field's name; false behind the last.</summary>
    protected static bool NextField(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>The field's text; null when it is something else.</summary>
    protected static string? Text(ref Utf8JsonReader json)
    {
        if (MoveTo(ref json, JsonTokenType.String))
            return json.GetString();
        return null;
    }

    /// <summary>The field's ISO time, milliseconds since the Unix epoch; null when it is none.</summary>
    protected static long? Time(ref Utf8JsonReader json)
    {
        if (!MoveTo(ref json, JsonTokenType.String))
            return null;
        Span<byte> unescaped = stackalloc byte[json.ValueIsEscaped ? Math.Min(json.ValueSpan.Length, MostEscapedBytes) : 0];
        if (json.ValueIsEscaped && json.ValueSpan.Length > MostEscapedBytes)
            return null;
        var text = json.ValueIsEscaped ? unescaped[..json.CopyString(unescaped)] : json.ValueSpan;
        return IsoTime.TryParse(text, out var milliseconds) ? milliseconds : null;
    }

    /// <summary>The field's number; null when it is something else, or too large for a decimal.</summary>
    protected static decimal? Number(ref Utf8JsonReader json) => MoveTo(ref json, JsonTokenType.Number) && json.TryGetDecimal(out var number) ? number : null;

    /// <summary>The field's integer; null when it is something else.</summary>
    protected static long? Integer(ref Utf8JsonReader json) => MoveTo(ref json, JsonTokenType.Number) && json.TryGetInt64(out var number) ? number : null;

    /// <summary>Passes over the field.</summary>
    protected static void Pass(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    // A time of 35 characters, each written as an escape of six.
    private const int MostEscapedBytes = 256;

    private string? ReadDocument(ReadOnlySpan<byte> data, out T value)
    {
        value = default!;
        var json = new Utf8JsonReader(data);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return "not-an-object";
        var reason = Read(ref json, out value);
        // Reading on refuses what follows the object.
        json.Read();
        return reason;
    }

    private static bool MoveTo(ref Utf8JsonReader json, JsonTokenType type)
    {
        json.Read();
        if (json.TokenType == type)
            return true;
        json.Skip();
        return false;
    }
}
