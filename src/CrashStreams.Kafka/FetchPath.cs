namespace CrashStreams.Kafka;

/// <summary>Who fetches the records that a consumer reads.</summary>
public enum FetchPath
{
    /// <summary>The library itself where it can, which are plain connections (<c>security.protocol</c> unset or <c>plaintext</c>, no <c>client.rack</c>); librdkafka elsewhere.</summary>
    Auto,

    /// <summary>The library itself: records are read in place in the brokers' answers. <see cref="KafkaOptions.Validate"/> refuses it where it can't.</summary>
    Own,

    /// <summary>librdkafka.</summary>
    Librdkafka,
}
