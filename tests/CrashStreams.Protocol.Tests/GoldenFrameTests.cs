namespace CrashStreams.Protocol.Tests;

public class GoldenFrameTests
{
    [Fact]
    public void Every_golden_request_is_encoded_back_to_the_same_bytes()
    {
        var wrong = new List<string>();
        foreach (var frame in Frames.Where(f => f.Request is not null))
            Compare(wrong, frame, "request", frame.Request!, Codec.RecodeRequest);
        wrong.Should().BeEmpty();
    }

    [Fact]
    public void Every_golden_response_is_encoded_back_to_the_same_bytes()
    {
        var wrong = new List<string>();
        foreach (var frame in Frames.Where(f => f.Response is not null))
            Compare(wrong, frame, "response", frame.Response!, bytes => Codec.RecodeResponse(bytes, (ApiKey)frame.ApiKey, frame.ApiVersion));
        wrong.Should().BeEmpty();
    }

    [Fact]
    public void The_frames_cover_the_APIs_that_clients_use() =>
        Frames.Select(f => f.ApiKey).Distinct().Should().HaveCountGreaterThanOrEqualTo(40);

    [Fact]
    public void A_version_of_ApiVersions_that_is_not_known_has_a_readable_header()
    {
        var frame = GoldenFrames.All.First(f => f.ApiVersion == 99);
        var reader = new Wire.WireReader(Convert.FromHexString(frame.Request!));

        var header = RequestHeader.Read(ref reader);

        header.Api.Key.Should().Be(ApiKey.ApiVersions);
        header.IsSupported.Should().BeFalse();
        header.CorrelationId.Should().Be(0x1092);
    }

    private static IEnumerable<GoldenFrame> Frames => GoldenFrames.All.Where(f => f.ApiVersion != 99);

    private static void Compare(List<string> wrong, GoldenFrame frame, string kind, string hex, Func<byte[], byte[]> recode)
    {
        try
        {
            var again = Convert.ToHexStringLower(recode(Convert.FromHexString(hex)));
            if (again != hex)
                wrong.Add($"{frame} {kind}: {hex} became {again}");
        }
        catch (ProtocolException error)
        {
            wrong.Add($"{frame} {kind}: {error.Message}");
        }
    }
}
