using System.Globalization;

namespace CrashStreams.Kafka;

/// <summary>A broker as librdkafka takes it: <c>[PROTOCOL://]HOST[:PORT]</c>. What is none would be asked for again and again, as a host that can't be found.</summary>
internal static class BrokerAddress
{
    private static readonly string[] _protocols = ["plaintext://", "ssl://", "sasl_plaintext://", "sasl_ssl://"];

    public static bool IsOne(string text)
    {
        var rest = text.AsSpan();
        foreach (var protocol in _protocols)
        {
            if (rest.StartsWith(protocol, StringComparison.OrdinalIgnoreCase))
            {
                rest = rest[protocol.Length..];
                break;
            }
        }

        // An IPv6 address has colons of its own, and is in brackets when a port follows.
        var end = rest.StartsWith("[") ? rest.IndexOf(']') + 1 : rest.Count(':') > 1 ? rest.Length : rest.IndexOf(':') is >= 0 and var colon ? colon : rest.Length;
        var host = rest[..end];
        var port = rest[end..];
        return !host.IsEmpty && host.IndexOfAny("/ \t?#@") < 0
            && (port.IsEmpty || (port[0] == ':' && ushort.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0));
    }
}
