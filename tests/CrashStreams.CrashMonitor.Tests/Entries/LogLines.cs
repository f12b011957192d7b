using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>Log lines as programs write them, as nobody writes them, and broken ones.</summary>
internal static class LogLines
{
    private static readonly Gen<string> _space = Gen.Frequency((8, Gen.Constant("")), (1, Gen.Elements(" ", "\t", "\n", "\r\n", "  ")));

    private static readonly Gen<string> _timestamp = Gen.Frequency(
        (9, Gen.Choose(0, 2_000_000_000).Select(n => n.ToString())),
        (3, Gen.Elements("0", "-1", "-0", "01", "1.5", "1e3", "100000000000", "100000000001", "1768142570000", "1768142570000000", "999999999999999999",
            "9223372036854775807", "9223372036854775808", "\"1768142570\"", "null", "true", "{}", "[1]", "", "-", "1x", "1 2")));

    private static readonly Gen<string> _severity = Gen.Frequency(
        (12, Gen.Elements("\"Low\"", "\"Medium\"", "\"High\"", "\"Critical\"")),
        (1, Gen.Elements("\"high\"", "\"Hi\\u0067h\"", "\"\"", "null", "3", "[\"High\"]", "\"High \"", "{\"severity\":\"High\"}")));

    private static readonly Gen<string> _user = Gen.Frequency(
        (12, Gen.Choose(1000, 1020).Select(n => $"\"user_{n}\"")),
        (1, Gen.Elements("\"\"", "null", "7", "\"üser\"", "\"u\\u0073er\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"😀\"", "[]", "\"a\\\"b\"")));

    private static readonly Gen<string> _content = Gen.Frequency(
        (12, Gen.Elements("\"a crash\"", "\"CRASH here\"", "\"Crashed: core\"", "\"cras h\"", "\"all fine\"", "\"\"", "\"ccrash\"", "\"the worker reported a CrAsH\"")),
        (3, Gen.Elements("null", "1", "\"\\u0063rash\"", "\"cra\\u0053h\"", "\"c\\rash\"", "\"craſh\"", "\"cr\\nash\"", "\"\\\\crash\"", "\"\\ud800 crash\"",
            "{\"a\":\"crash\"}", "\"cracrash\"", "\"C\\u0052ASH\"", "\"\\u0063\\u0072\\u0061\\u0073\\u0068\"")));

    private static readonly Gen<string> _other = Gen.Frequency(
        (8, Gen.Elements("\"status\":\"ok\"", "\"status\":200", "\"source_ip\":\"10.0.0.1\"", "\"none\":null", "\"n\":-12", "\"ok\":true", "\"\":\"\"")),
        (2, Gen.Elements(
            "\"nested\":{\"timestamp\":5,\"content\":\"crash\",\"severity\":\"High\"}", "\"list\":[1,\"High\",{}]", "\"ratio\":0.5",
            "\"severity\":\"High\"", "\"timestamp\":17", "\"content\":\"crash\"", "\"user_id\":\"again\"")));

    private static readonly Gen<string> _line =
        from timestamp in Field("timestamp", "t\\u0069mestamp", _timestamp)
        from severity in Field("severity", "sever\\u0069ty", _severity)
        from user in Field("user_id", "user\\u005fid", _user)
        from content in Field("content", "c\\u006fntent", _content)
        from others in Gen.ListOf(_other, 2)
        from shuffled in Gen.Frequency((1, Gen.Constant(true)), (1, Gen.Constant(false)))
        from order in Gen.Shuffle(Enumerable.Range(0, 6).ToArray())
        from leading in _space
        from trailing in _space
        let fields = new[] { timestamp, severity, user, content }.Concat(others).ToArray()
        let ordered = shuffled ? order.Select(i => fields[i]) : fields
        select $"{leading}{{{string.Join(",", ordered.Where(field => field.Length > 0))}}}{trailing}";

    private static readonly Gen<byte[]> _mutated =
        from line in _line
        from mutations in Gen.Frequency((4, Gen.Constant(0)), (3, Gen.Constant(1)), (1, Gen.Constant(3)))
        from seeds in Gen.ArrayOf(Gen.Choose(0, int.MaxValue - 1), 9)
        select Mutate(Encoding.UTF8.GetBytes(line), mutations, seeds);

    /// <summary>Lines of all kinds, shown as text when a property fails.</summary>
    public static Arbitrary<string> Any { get; } = Arb.From(_mutated.Select(Encoding.Latin1.GetString));

    /// <summary>The bytes of a line from <see cref="Any"/>.</summary>
    public static byte[] Bytes(string line) => Encoding.Latin1.GetBytes(line);

    private static Gen<string> Field(string name, string escapedName, Gen<string> value) =>
        from written in Gen.Frequency((30, Gen.Constant($"\"{name}\"")), (1, Gen.Constant($"\"{escapedName}\"")), (1, Gen.Constant("")))
        from before in _space
        from after in _space
        from text in value
        select written.Length == 0 ? "" : $"{before}{written}{after}:{before}{text}{after}";

    private static byte[] Mutate(byte[] line, int mutations, int[] seeds)
    {
        var bytes = line.ToList();
        var alphabet = "{}[]\",:\\ \n\t\0u-0519eE.tfnchH/"u8.ToArray().Append((byte)0x80).Append((byte)0xFF).ToArray();
        for (var i = 0; i < mutations && bytes.Count > 0; i++)
        {
            var (at, letter) = (seeds[i * 3] % bytes.Count, alphabet[seeds[(i * 3) + 1] % alphabet.Length]);
            switch (seeds[(i * 3) + 2] % 4)
            {
                case 0:
                    bytes[at] = letter;
                    break;
                case 1:
                    bytes.Insert(at, letter);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
