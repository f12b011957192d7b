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
    public void Without_alerts_there_is_no_table()
    {
        var output = new StringWriter();

        AlertTable.Write(output, []);

        output.ToString().Should().BeEmpty();
    }

    private static CrashAlert Alert(string user, long count) => new(_start, _start.AddSeconds(10), user, count);
}
