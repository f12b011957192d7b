using CrashStreams.Log;
using System.Text;

namespace CrashStreams.Redis;

/// <summary>Whom to tell that an event is in Redis: <c>cs-reply-to = instance/request/index</c>.</summary>
internal static class Reply
{
    public const string Header = "cs-reply-to";

    /// <summary>Between the texts of a message.</summary>
    public const char Separator = ' ';

    public static byte[] To(string instance, long request, int index) => Encoding.ASCII.GetBytes($"{instance}/{request}/{index}");

    /// <summary>The channel and the text of the reply that a record asks for; null when it asks for none.</summary>
    public static (string Channel, string Text)? Of(Headers headers)
    {
        if (headers.Last(Header) is not { } bytes)
            return null;
        var text = Encoding.ASCII.GetString(bytes);
        return text.IndexOf('/') is > 0 and var slash ? (RedisKeys.Replies(text[..slash]), text[(slash + 1)..]) : null;
    }
}
