namespace CrashStreams.Protocol.Tests;

public class SupportedApisTests
{
    // The ranges that Apache Kafka 4.3.0 announces. The low ends matter: older clients stay there.
    private const string Kafka43 = """
        0:3-13 1:4-18 2:1-11 3:0-13 8:2-10 9:1-10 10:0-6 11:0-9 12:0-4 13:0-5 14:0-5 15:0-6 16:0-5 17:0-1 18:0-4 19:2-7 20:1-6 21:0-2
        22:0-6 23:2-4 24:0-5 25:0-4 26:0-5 27:1-2 28:0-5 32:1-4 33:0-2 35:1-5 36:0-2 37:0-3 42:0-2 43:0-2 44:0-1 46:0-0 47:0-0 55:0-2
        60:0-2 61:0-0 65:0-0 66:0-2 68:0-1 69:0-1 75:0-0
        """;

    [Fact]
    public void The_ranges_are_those_of_Kafka()
    {
        var ranges = SupportedApis.All.Select(api => $"{(short)api.Key}:{api.First}-{api.Last}");

        string.Join(' ', ranges).Should().Be(string.Join(' ', Kafka43.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void ApiVersions_answers_with_the_oldest_header_in_every_version()
    {
        SupportedApis.Of(ApiKey.ApiVersions).ResponseHeaderVersion(4).Should().Be(0);
        SupportedApis.Of(ApiKey.Metadata).ResponseHeaderVersion(9).Should().Be(1);
    }
}
