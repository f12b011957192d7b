using System.Buffers;

namespace CrashStreams.CrashMonitor.Tests;

public class AlertComparisonTests
{
    private readonly AlertComparison _comparison = new(new ExpectedAlerts(
        new Dictionary<AlertKey, long> { [new(0, 10_000, "a")] = 3, [new(0, 10_000, "b")] = 4 },
        new Dictionary<AlertKey, long> { [new(10_000, 20_000, "c")] = 5 })
    {
        Records = 100,
        Matching = 12,
        Late = 0,
        Future = 0,
        Malformed = new Dictionary<string, long>(),
    });

    [Fact]
    public void What_is_due_and_what_is_possible_is_right()
    {
        Add(0, "a", 3);
        Add(0, "b", 4);
        _comparison.IsCorrect.Should().BeTrue();

        Add(10, "c", 5);
        _comparison.IsCorrect.Should().BeTrue();
    }

    [Fact]
    public void Each_kind_of_wrong_row_is_told_apart()
    {
        Add(0, "a", 2);
        Add(10, "c", 5);
        Add(10, "c", 5);
        Add(20, "d", 9);
        _comparison.Add("rubbish"u8, "crash-alerts-0 offset 4");

        _comparison.Missing.Should().Equal("1970-01-01 00:00:00 b 4");
        _comparison.Wrong.Should().Equal("1970-01-01 00:00:00 a 2, expected 3 (here)");
        _comparison.Duplicate.Should().Equal("1970-01-01 00:00:10 c 5, first 5 (here)");
        _comparison.Extra.Should().Equal("1970-01-01 00:00:20 d 9 (here)");
        _comparison.Unreadable.Should().ContainSingle();
        _comparison.IsCorrect.Should().BeFalse();
    }

    [Fact]
    public void Corrections_grow_and_the_last_of_each_row_has_to_be_right()
    {
        var comparison = Correctable();
        Add(comparison, 0, "a", 3);
        Add(comparison, 0, "a", 4, isCorrection: true);
        comparison.Wrong.Should().Equal("1970-01-01 00:00:00 a 4 (last correction), expected 6");
        comparison.Missing.Should().Equal("1970-01-01 00:00:00 b 3 (correction)");

        Add(comparison, 0, "a", 6, isCorrection: true);
        Add(comparison, 0, "b", 3, isCorrection: true);
        comparison.IsCorrect.Should().BeTrue();
        comparison.Corrections.Should().Be(3);
    }

    [Fact]
    public void Each_kind_of_wrong_correction_is_told_apart()
    {
        var comparison = Correctable();
        Add(comparison, 0, "a", 3);
        Add(comparison, 0, "a", 3, isCorrection: true);
        Add(comparison, 0, "a", 7, isCorrection: true);
        Add(comparison, 0, "b", 3, isCorrection: true);
        Add(comparison, 0, "b", 3, isCorrection: true);
        Add(comparison, 0, "c", 9, isCorrection: true);

        comparison.Wrong.Should().HaveCount(2).And.OnlyContain(w => w.Contains("expected a correction to 6"));
        comparison.Duplicate.Should().Equal("1970-01-01 00:00:00 b 3, a correction of 3 (here)");
        comparison.Extra.Should().Equal("1970-01-01 00:00:00 c 9 (correction, here)");
    }

    [Fact]
    public void The_summary_names_figures_and_the_first_rows()
    {
        Add(0, "b", 4);
        var output = new StringWriter();

        VerificationText.Write(output, _comparison);

        output.ToString().Should().ContainAll("100 records", "missing   1", "1970-01-01 00:00:00 a 3", "NOT verified");
    }

    private static AlertComparison Correctable() => new(new ExpectedAlerts(new Dictionary<AlertKey, long> { [new(0, 10_000, "a")] = 3 }, new Dictionary<AlertKey, long>())
    {
        DueCorrections = new Dictionary<AlertKey, long> { [new(0, 10_000, "a")] = 6, [new(0, 10_000, "b")] = 3 },
        Records = 10,
        Matching = 9,
        Late = 0,
        Future = 0,
        Malformed = new Dictionary<string, long>(),
    });

    private void Add(long second, string user, long count) => Add(_comparison, second, user, count);

    private static void Add(AlertComparison comparison, long second, string user, long count, bool isCorrection = false)
    {
        var start = DateTimeOffset.FromUnixTimeSeconds(second);
        var bytes = new ArrayBufferWriter<byte>();
        CrashAlertSerde.Instance.Serialize(new(start, start.AddSeconds(10), user, count, isCorrection), bytes);
        comparison.Add(bytes.WrittenSpan, "here");
    }
}
