using System.Text.Json;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.Clickstream.Events;

/// <summary>An event of the topic <c>clickstream</c>: a view, a click, something put into the cart.</summary>
internal sealed record Click(string UserId, string SessionId, string ProductId, string Category, long TimeMs);

/// <summary>Reads clicks.</summary>
internal sealed class ClickSerde : JsonObjectSerde<Click>
{
    protected override string? Read(ref Utf8JsonReader json, out Click click)
    {
        string? user = null, session = null, product = null, category = null;
        long? time = null;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("user_id"u8))
                user = Text(ref json);
            else if (json.ValueTextEquals("session_id"u8))
                session = Text(ref json);
            else if (json.ValueTextEquals("product_id"u8))
                product = Text(ref json);
            else if (json.ValueTextEquals("category"u8))
                category = Text(ref json);
            else if (json.ValueTextEquals("timestamp"u8))
                time = Time(ref json);
            else
                Pass(ref json);
        }

        click = new(user!, session!, product!, category!, time ?? 0);
        return time is null ? "bad-timestamp"
            : user is null ? "bad-user-id"
            : session is null ? "bad-session-id"
            : product is null ? "bad-product-id"
            : category is null ? "bad-category"
            : null;
    }
}
