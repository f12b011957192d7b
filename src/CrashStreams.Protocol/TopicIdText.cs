namespace CrashStreams.Protocol;

/// <summary>The text form of topic ids: URL-safe base64 of the 16 bytes, most significant first, without padding.</summary>
internal static class TopicIdText
{
    public static string Format(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }
}
