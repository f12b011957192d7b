namespace CrashStreams.CrashMonitor.Tests;

public class TerminalTextTests
{
    [Theory]
    [InlineData("user_1836", "user_1836")]
    [InlineData("line\r\nbreak\tand tab", "line\\r\\nbreak\\tand tab")]
    [InlineData("\u001b[2J\u001b]0;title\u0007", "\\u001B[2J\\u001B]0;title\\u0007")]
    [InlineData("c1 \u009b31m", "c1 \\u009B31m")]
    [InlineData("left\u202eright\u2066", "left\\u202Eright\\u2066")]
    [InlineData("a\u2028b\u200bc\ufeff", "a\\u2028b\\u200Bc\\uFEFF")]
    [InlineData("\ud83d\ude00 日本 é", "\ud83d\ude00 日本 é")]
    [InlineData("tag \U000E0041", "tag \\uDB40\\uDC41")]
    public void Nothing_that_a_terminal_would_obey_is_left(string text, string printable) => TerminalText.Printable(text).Should().Be(printable);

    [Fact]
    public void Half_a_surrogate_pair_is_escaped() => TerminalText.Printable("half \ud83d pair\ude00").Should().Be("half \\uD83D pair\\uDE00");

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("\ud83d\ude00", 2)]
    [InlineData("e\u0301", 1)]
    [InlineData("ﾊﾝｶｸ", 4)]
    [InlineData("한글", 4)]
    public void Wide_characters_take_two_columns_and_marks_none(string text, int columns) => TerminalText.Columns(text).Should().Be(columns);

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdefg", 6, "abcde…")]
    [InlineData("日本語語", 6, "日本…")]
    [InlineData("日本語", 6, "日本語")]
    [InlineData("ab\u001b", 4, "ab…")]
    public void Long_text_is_cut_at_a_whole_character_and_says_so(string text, int columns, string cut)
    {
        TerminalText.Printable(text, columns).Should().Be(cut);
        TerminalText.Columns(cut).Should().BeLessThanOrEqualTo(columns);
    }
}
