using System.Buffers.Text;

namespace CrashStreams.CrashMonitor;

/// <summary>Writes log lines as the programs under watch do.</summary>
internal sealed class LogLine
{
    private static readonly string[] _crashes =
    [
        "service crash detected in worker pool, restarting it", "CRASH: segmentation fault in module payments", "application Crashed: core dumped to disk",
    ];

    private static readonly string[] _harmless =
    [
        "user logged in from a new device and was verified", "request served from cache in two milliseconds", "background job finished without any complaint",
    ];

    private static readonly string[] _severities = ["Low", "Medium", "High", "Critical"];

    private readonly byte[] _bytes = new byte[256];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <param name="timestamp">The number in the field <c>timestamp</c>.</param>
    /// <param name="user">The number in the user's name.</param>
    /// <param name="isSevereCrash">Whether the line counts.</param>
    /// <param name="random">Chooses the wording.</param>
    public void Write(long timestamp, int user, bool isSevereCrash, ref SplitMix64 random)
    {
        var choice = random.Next();
        // A line that doesn't count is one in eight times a crash of low severity.
        var saysCrash = isSevereCrash || choice % 8 == 0;
        var severity = isSevereCrash ? 2 + (int)((choice >> 8) % 2) : saysCrash ? (int)((choice >> 8) % 2) : (int)((choice >> 8) % 4);
        var texts = saysCrash ? _crashes : _harmless;

        _length = 0;
        Add("{\"timestamp\":"u8);
        Add(timestamp);
        Add(saysCrash ? ",\"status\":\"error\",\"severity\":\""u8 : ",\"status\":\"ok\",\"severity\":\""u8);
        Add(_severities[severity]);
        Add("\",\"source_ip\":\"10."u8);
        Add((long)((choice >> 16) & 0xFF));
        Add("."u8);
        Add((long)((choice >> 24) & 0xFF));
        Add("."u8);
        Add((long)((choice >> 32) & 0xFF));
        Add("\",\"user_id\":\"user_"u8);
        Add(user);
        Add("\",\"content\":\""u8);
        Add(texts[(int)((choice >> 40) % (ulong)texts.Length)]);
        Add("\"}"u8);
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
    }

    private void Add(string ascii)
    {
        System.Text.Ascii.FromUtf16(ascii, _bytes.AsSpan(_length), out var written);
        _length += written;
    }

    private void Add(long number)
    {
        Utf8Formatter.TryFormat(number, _bytes.AsSpan(_length), out var written);
        _length += written;
    }
}
