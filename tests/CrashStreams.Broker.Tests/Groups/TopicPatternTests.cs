using CrashStreams.Broker.Groups.Consumer;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>Subscription patterns: the syntax of RE2, whole names, and a cost that does not depend on what the pattern is.</summary>
public class TopicPatternTests
{
    private const int MaxLength = 1024;

    [Theory]
    [InlineData("orders", "orders", true)]
    [InlineData("orders", "orders2", false)]
    [InlineData("orders", "my-orders", false)]
    [InlineData("", "", true)]
    [InlineData("a|bc|d", "bc", true)]
    [InlineData("a|", "", true)]
    [InlineData("(eu|us)-.*-v[0-9]+", "eu-pay-v12", true)]
    [InlineData("(eu|us)-.*-v[0-9]+", "eu-pay-v", false)]
    [InlineData("(?P<tenant>[a-z]+)-\\d{4}-(?<kind>orders|payments).*", "acme-2024-orders.x", true)]
    [InlineData("(?i)orders", "OrDeRs", true)]
    [InlineData("(?i:o)rders", "ORDERS", false)]
    [InlineData("(?i)[^a]", "A", false)]
    [InlineData("a(?i)b|c", "C", true)]
    [InlineData("(a(?i)b)c", "aBC", false)]
    [InlineData("a{2,3}", "a", false)]
    [InlineData("a{2,3}", "aaa", true)]
    [InlineData("a{2,3}", "aaaa", false)]
    [InlineData("a{2,}", "aaaaaa", true)]
    [InlineData("a{0}b", "b", true)]
    [InlineData("a{,3}", "a{,3}", true)]
    [InlineData("a{x", "a{x", true)]
    [InlineData("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false)]
    [InlineData("(a*)*b", "aaab", true)]
    [InlineData("(|a)+b", "aab", true)]
    [InlineData("a+?b??", "aa", true)]
    [InlineData("^orders$", "orders", true)]
    [InlineData("\\Aorders\\z", "orders", true)]
    [InlineData("a$b", "ab", false)]
    [InlineData("a\\b-", "a-", true)]
    [InlineData("a\\bb", "ab", false)]
    [InlineData("a\\Bb", "ab", true)]
    [InlineData("\\w+\\W\\S+", "a_1-x", true)]
    [InlineData("[[:alpha:]_.-]+", "a_B.c-d", true)]
    [InlineData("[[:^alpha:]]+", "a", false)]
    [InlineData("[]a]+", "a", true)]
    [InlineData("[a-]+", "a-", true)]
    [InlineData("[^-a]", "-", false)]
    [InlineData("[\\d.]+", "1.2", true)]
    [InlineData("\\pL\\p{Nd}\\P{Lu}\\p{^Lu}", "x1ab", true)]
    [InlineData("\\p{Lu}", "x", false)]
    [InlineData("\\p{Greek}|\\p{Latin}", "x", true)]
    [InlineData("\\Qa.b|c\\E", "a.b|c", true)]
    [InlineData("\\Qa.b\\E+", "a.bbb", true)]
    [InlineData("\\x61\\x{62}\\.", "ab.", true)]
    [InlineData("é|a", "a", true)]
    [InlineData("[é-ü]", "a", false)]
    [InlineData("a.c", "abc", true)]
    public void A_pattern_matches_whole_names(string text, string name, bool matches) => Matches(text, name).Should().Be(matches);

    [Theory]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("[a")]
    [InlineData("a**")]
    [InlineData("*a")]
    [InlineData("a{3,2}")]
    [InlineData("a{1001}")]
    [InlineData("(a)\\1")]
    [InlineData("(?=a)")]
    [InlineData("(?<!a)b")]
    [InlineData("(?>a)")]
    [InlineData("(?P<n>a)(?P<n>b)")]
    [InlineData("(?P<n")]
    [InlineData("(?x)a")]
    [InlineData("\\")]
    [InlineData("\\k<n>")]
    [InlineData("\\x{110000}")]
    [InlineData("\\xg0")]
    [InlineData("\\x6")]
    [InlineData("\\p{Xx}")]
    [InlineData("\\p")]
    [InlineData("[b-a]")]
    [InlineData("[[:no:]]")]
    [InlineData("((a{1,30}){1,30}){1,30}")]
    [InlineData("(.{1,100}){1,100}")]
    [InlineData("((((){1000}){1000}){1000}){1000}")]
    public void What_RE2_has_not_or_is_too_large_is_refused(string text) => TopicPattern.TryParse(text, MaxLength, out _).Should().BeFalse();

    [Fact]
    public void Nesting_ends_before_the_stack_does() => TopicPattern.TryParse(new string('(', 100_000) + new string(')', 100_000), int.MaxValue, out _).Should().BeFalse();

    /// <summary>An engine that knows all of Unicode took 155 MB, and kept 65, for the first of them.</summary>
    [Theory]
    [InlineData("characters")]
    [InlineData("classes")]
    [InlineData("loops")]
    [InlineData("optional")]
    public void No_pattern_takes_much_memory(string kind)
    {
        var text = kind switch
        {
            "characters" => string.Concat(Enumerable.Range(0, 300).Select(i => (char)(0x400 + i * 13))),
            "classes" => string.Concat(Enumerable.Range(0, 100).Select(i => $"[{(char)(0x400 + i * 7)}-{(char)(0x404 + i * 7)}]*")),
            "loops" => string.Concat(Enumerable.Repeat("(a|b*)*", 100)),
            _ => string.Concat(Enumerable.Repeat(".{0,3}", 150)),
        };
        _ = Matches("a+", "aaa"); // what is there once
        var before = GC.GetAllocatedBytesForCurrentThread();

        _ = Matches(text, new string('a', 249));

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(4 * 1024 * 1024);
    }

    [Fact]
    public void Comparing_ends_with_the_steps_that_it_may_take()
    {
        TopicPattern.TryParse("(a|b)*a(a|b){300}", MaxLength, out var pattern).Should().BeTrue();
        var names = Enumerable.Repeat(new string('a', 249), 1_000_000);
        var steps = 1_000_000L;

        pattern!.TryMatch(names, name => name, ref steps, out _).Should().BeFalse();

        steps.Should().BeInRange(-1_000_000, -1);
    }

    private static bool Matches(string text, string name)
    {
        TopicPattern.TryParse(text, MaxLength, out var pattern).Should().BeTrue();
        var steps = 10_000_000L;
        pattern!.TryMatch([name], candidate => candidate, ref steps, out var matched).Should().BeTrue();
        return matched.Count == 1;
    }
}
