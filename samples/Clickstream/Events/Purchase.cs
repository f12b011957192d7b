using System.Text.Json;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.Clickstream.Events;

/// <summary>An event of the topic <c>transactions</c>.</summary>
internal sealed record Purchase(string UserId, string ProductId, string Category, decimal Amount, long TimeMs);

/// <summary>Reads purchases.</summary>
internal sealed class PurchaseSerde : JsonObjectSerde<Purchase>
{
    protected override string? Read(ref Utf8JsonReader json, out Purchase purchase)
    {
        string? user = null, product = null, category = null;
        decimal? amount = null;
        long? time = null;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("user_id"u8))
                user = Text(ref json);
            else if (json.ValueTextEquals("product_id"u8))
                product = Text(ref json);
            else if (json.ValueTextEquals("category"u8))
                category = Text(ref json);
            else if (json.ValueTextEquals("amount"u8))
                amount = Number(ref json);
            else if (json.ValueTextEquals("timestamp"u8))
                time = Time(ref json);
            else
                Pass(ref json);
        }

        purchase = new(user!, product!, category!, amount ?? 0, time ?? 0);
        return time is null ? "bad-timestamp"
            : user is null ? "bad-user-id"
            : product is null ? "bad-product-id"
            : category is null ? "bad-category"
            : amount is null ? "bad-amount"
            : null;
    }
}
