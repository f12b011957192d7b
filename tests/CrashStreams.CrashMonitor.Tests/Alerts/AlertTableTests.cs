namespace CrashStreams.CrashMonitor.Tests;

public class AlertTableTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 11, 14, 42, 50, TimeSpan.Zero);

    [Fact]
    public void The_highest_count_comes_first_then_the_user()
    {
        var output = new StringWriter { NewLine = "\n" };

        AlertTable.Write(output, [Alert("user_1184", 3), Alert("user_1836", 5), Alert("user_1020", 3)]);

        output.ToString().Should().Be(
            """
            +------------------------------------------+---------+-----------+
            |Interval                                  |user_id  |crash_count|
            +------------------------------------------+---------+-----------+
            |{2026-01-11 14:42:50, 2026-01-11 14:43:00}|user_1836|5          |
            |{2026-01-11 14:42:50, 2026-01-11 14:43:00}|user_1020|3          |
            |{2026-01-11 14:42:50, 2026-01-11 14:43:00}|user_1184|3          |
            +------------------------------------------+---------+-----------+

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_long_table_is_cut_and_says_how_many_rows_are_missing()
    {
        var output = new StringWriter { NewLine = "\n" };

        AlertTable.Write(output, [.. Enumerable.Range(0, 2500).Select(i => Alert($"user_{i:D4}", 3))], maxRows: 2);

        output.ToString().Split('\n').Should().HaveCount(8)
            .And.ContainInOrder("|{2026-01-11 14:42:50, 2026-01-11 14:43:00}|user_0000|3          |", "|{2026-01-11 14:42:50, 2026-01-11 14:43:00}|user_0001|3          |")
            .And.HaveElementAt(6, "and 2,498 more");
    }

    [Fact]
    public void Users_with_odd_names_forge_no_rows_and_keep_the_columns()
    {
        var output = new StringWriter { NewLine = "\n" };

        AlertTable.Write(output, [Alert("日本", 5), Alert("a|9999 |\n|{forged}", 4), Alert("\u001b[31m", 3)]);

        var lines = output.ToString().Split('\n');
        lines.Should().HaveCount(8);
        lines[3].Should().EndWith("|日本               |5          |");
        lines[4].Should().EndWith("|a|9999 |\\n|{forged}|4          |");
        lines[5].Should().EndWith("|\\u001B[31m         |3          |");
    }

    [Fact]
    public void Without_alerts_there_is_no_table()
    {
        var output = new StringWriter();

        AlertTable.Write(output, []);

        output.ToString().Should().BeEmpty();
    }

    private static CrashAlert Alert(string user, long count) => new(_start, _start.AddSeconds(10), user, count);
}
