using System.Text.RegularExpressions;
using CrashStreams.Broker.Groups.Consumer;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>Random patterns and names: .NET's own engine, which shares nothing with the broker's, gives the same answers where the syntax of both is the same; and nothing that a client sends as a pattern throws.</summary>
public class RandomTopicPatternTests
{
    private const int MaxLength = 1024;

    private static readonly string[] _atoms = ["a", "b", "-", ".", "\\.", "\\d", "\\D", "\\w", "\\W", "\\b", "\\B", "[ab]", "[^ab]", "[a-c0-2]", "[^-.]", "[\\d_]", "^", "$", ""];
    private static readonly string[] _repeats = ["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{0}"];

    [Fact]
    public void A_random_pattern_matches_as_the_engine_of_NET_does()
    {
        var matches = 0;
        for (var seed = 1; seed <= 4_000; seed++)
        {
            var random = new Random(seed);
            var text = Pattern(random, depth: 4);
            var oracle = new Regex($@"\A(?:{text})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            TopicPattern.TryParse(text, MaxLength, out var pattern).Should().BeTrue("seed {0}: {1}", seed, text);
            var names = Enumerable.Range(0, 20).Select(_ => Name(random)).ToList();
            var steps = long.MaxValue;

            pattern!.TryMatch(names, static name => name, ref steps, out var matched).Should().BeTrue();

            matched.Should().Equal(names.Where(name => oracle.IsMatch(name)), "seed {0}: {1}", seed, text);
            matches += matched.Count;
        }

        // Patterns that match nothing would agree about everything.
        matches.Should().BeGreaterThan(4_000);
    }

    [Fact]
    public void No_text_throws()
    {
        const string Characters = "ab0-._*+?{}[]()|^$\\,:<>=!PQEdDwWsSpxzAbBik#\u00e9\ud83d\0 ";
        for (var seed = 1; seed <= 50_000; seed++)
        {
            var random = new Random(seed);
            var text = string.Create(random.Next(30), random, static (span, random) =>
            {
                foreach (ref var character in span)
                    character = Characters[random.Next(Characters.Length)];
            });
            var steps = 1_000_000L;
            if (TopicPattern.TryParse(text, MaxLength, out var pattern))
                pattern.TryMatch([Name(random)], static name => name, ref steps, out _).Should().BeTrue("seed {0}: {1}", seed, text);
        }
    }

    private static string Pattern(Random random, int depth) => random.Next(depth == 0 ? 1 : 5) switch
    {
        0 => _atoms[random.Next(_atoms.Length)],
        1 or 2 => Pattern(random, depth - 1) + Pattern(random, depth - 1),
        3 => $"({Pattern(random, depth - 1)}|{Pattern(random, depth - 1)})",
        _ => $"({Pattern(random, depth - 1)}){_repeats[random.Next(_repeats.Length)]}",
    };

    private static string Name(Random random)
    {
        const string Characters = "aab0-._c";
        return string.Create(random.Next(8), random, static (span, random) =>
        {
            foreach (ref var character in span)
                character = Characters[random.Next(Characters.Length)];
        });
    }
}
