using System.Globalization;

namespace CrashStreams.Kafka;

/// <summary>A broker as librdkafka takes it: <c>[PROTOCOL://]HOST[:PORT]</c>. What is none would be asked for again and again, as a host that can't be found.</summary>
internal static class BrokerAddress
{
    private const int DefaultPort = 9092;
    private static readonly string[] _protocols = ["plaintext://", "ssl://", "sasl_plaintext://", "sasl_ssl://"];

    public static bool IsOne(string text)
    {
        var (host, port) = Parts(text);
        return host.Length > 0 && host.AsSpan().IndexOfAny("/ \t?#@") < 0
            && (port.Length == 0 || (port[0] == ':' && ushort.TryParse(port[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0));
    }

    /// <summary>Host and port of an address that <see cref="IsOne"/>.</summary>
    public static (string Host, int Port) Of(string text)
    {
        var (host, port) = Parts(text);
        return (host.Trim('[', ']'), port.Length == 0 ? DefaultPort : int.Parse(port[1..], CultureInfo.InvariantCulture));
    }

    private static (string Host, string Port) Parts(string text)
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
        return (rest[..end].ToString(), rest[end..].ToString());
    }
}
