using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.AdCampaigns.Events;

/// <summary>What somebody did with an ad.</summary>
internal enum AdAction : byte
{
    Other,
    View,
    Click,
    Purchase,
}

/// <summary>An event of the topic <c>events</c>.</summary>
/// <param name="AdId">The ad; null when it is not told.</param>
/// <param name="CampaignId">The campaign that the event itself names; null for none.</param>
/// <param name="Action">What happened.</param>
/// <param name="TimeMs">When it happened.</param>
/// <param name="ProducedMs">When its producer sent it.</param>
internal sealed record AdEvent(string? AdId, long? CampaignId, AdAction Action, long TimeMs, long ProducedMs);

/// <summary>Reads events.</summary>
internal sealed class AdEventSerde : JsonObjectSerde<AdEvent>
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    protected override string? Read(ref Utf8JsonReader json, out AdEvent read)
    {
        string? ad = null, action = null;
        long? campaign = null, time = null, produced = null;
        while (NextField(ref json))
        {
            if (json.ValueTextEquals("ad_id"u8))
                ad = Text(ref json);
            else if (json.ValueTextEquals("campaign_id"u8))
                campaign = Integer(ref json);
            else if (json.ValueTextEquals("event_type"u8))
                action = Text(ref json);
            else if (json.ValueTextEquals("event_time_ns"u8))
                time = Integer(ref json);
            else if (json.ValueTextEquals("produce_time"u8))
                produced = Integer(ref json);
            else
                Pass(ref json);
        }

        read = new(ad, campaign, ActionOf(action), Math.DivRem(time ?? 0, NanosecondsPerMillisecond) is var (ms, rest) && rest < 0 ? ms - 1 : ms, produced ?? 0);
        return time is null ? "bad-event-time" : action is null ? "bad-event-type" : produced is null ? "bad-produce-time" : null;
    }

    private static AdAction ActionOf(string? text) => text switch
    {
        "view" => AdAction.View,
        "click" => AdAction.Click,
        "purchase" => AdAction.Purchase,
        _ => AdAction.Other,
    };
}

/// <summary>What a campaign's window needs of an event.</summary>
internal readonly record struct Touch(AdAction Action, long ProducedMs);

/// <summary>The action's number (1 byte) and when it was sent (8, big-endian).</summary>
internal sealed class TouchSerde : Serde<Touch>
{
    private const int Size = 1 + sizeof(long);

    protected override bool ValuesAreImmutable => true;

    public override Touch Deserialize(ReadOnlySpan<byte> data) =>
        data.Length == Size ? new((AdAction)data[0], BinaryPrimitives.ReadInt64BigEndian(data[1..])) : throw new SerdeException("no-touch");

    public override void Serialize(Touch value, IBufferWriter<byte> output)
    {
        var bytes = output.GetSpan(Size);
        bytes[0] = (byte)value.Action;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], value.ProducedMs);
        output.Advance(Size);
    }
}
