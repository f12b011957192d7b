using System.Text.Json.Serialization;

namespace CrashStreams.Samples.Flyers.Events;

/// <summary>Somebody did something with a flyer.</summary>
/// <param name="Second">When, seconds since the Unix epoch.</param>
/// <param name="UserId">Who.</param>
/// <param name="Event">What: flyer_open, flyer_close, shopping_list_open, ...</param>
/// <param name="FlyerId">Which flyer.</param>
/// <param name="MerchantId">Whose flyer.</param>
/// <param name="EventId">Tells an event that was posted twice from two that are alike; null: each counts.</param>
internal sealed record FlyerEvent(long Second, string UserId, string Event, string FlyerId, string MerchantId, string? EventId)
{
    public const string Open = "flyer_open";
    public const string CloseEvent = "flyer_close";

    /// <summary>Whether the time until the user's next event with the flyer, or since the last, is a visit.</summary>
    [JsonIgnore]
    public bool IsOfVisit => Event is Open or CloseEvent;
}

/// <summary>Events as they are in the topic.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FlyerEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
