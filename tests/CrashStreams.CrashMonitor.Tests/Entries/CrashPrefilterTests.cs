using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.CrashMonitor.Tests;

public class CrashPrefilterTests
{
    [Fact]
    public void It_rejects_only_what_the_typed_filter_rejects()
    {
        var serde = new LogEntrySerde();
        var (severe, rejected) = (0, 0);
        Prop.ForAll(LogLines.Any, line =>
        {
            var bytes = LogLines.Bytes(line);
            var isSevere = serde.TryDeserialize(bytes, out var entry, out _) && entry.IsSevereCrash;
            var passes = CrashPrefilter.Passes(bytes);
            severe += isSevere ? 1 : 0;
            rejected += passes ? 0 : 1;
            return passes || !isSevere;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
        severe.Should().BeGreaterThan(1000);
        rejected.Should().BeGreaterThan(1000);
    }

    [Fact]
    public void It_finds_the_word_at_every_place_of_values_of_every_length()
    {
        for (var length = 0; length < 120; length++)
        {
            var value = new byte[length + 15];
            for (var at = 0; at <= length; at++)
            {
                Array.Fill(value, (byte)'c');
                "CrasH"u8.CopyTo(value.AsSpan(at));
                "\"High\""u8.CopyTo(value.AsSpan(at + 5 + (at % 2)));
                CrashPrefilter.Passes(value).Should().BeTrue($"the word is at {at} of {value.Length}");

                value[at + 2] = (byte)'e';
                CrashPrefilter.Passes(value).Should().BeFalse($"there is no such word in {Encoding.ASCII.GetString(value)}");
            }
        }
    }

    [Fact]
    public void It_lets_a_backslash_pass_at_every_place()
    {
        for (var length = 1; length < 120; length++)
        {
            for (var at = 0; at < length; at++)
            {
                var value = new byte[length];
                value[at] = (byte)'\\';
                CrashPrefilter.Passes(value).Should().BeTrue($"there is one at {at} of {length}");
            }
        }
    }

    [Theory]
    [InlineData("""{"severity":"Low","content":"crash"}""", false)]
    [InlineData("""{"severity":"Highest","content":"crash"}""", false)]
    [InlineData("""{"severity":"High","content":"fine"}""", false)]
    [InlineData("""{"severity":"Critical","content":"CRASH"}""", true)]
    [InlineData("""{"severity":"High","content":"\u0063rash"}""", true)]
    [InlineData("", false)]
    public void Word_and_severity_have_to_be_there(string value, bool passes)
        => CrashPrefilter.Passes(Encoding.UTF8.GetBytes(value)).Should().Be(passes);
}
