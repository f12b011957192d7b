using System.Diagnostics;

namespace CrashStreams.Protocol.Tests;

/// <summary>Golden frames with flipped bytes, cut tails and hostile lengths: a ProtocolException or a message, nothing else.</summary>
public class FrameFuzzTests
{
    // CRASHSTREAMS_FUZZ_FRAMES=1000000 is the long run; the default takes a second or two.
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("CRASHSTREAMS_FUZZ_FRAMES") ?? "40000");

    [Fact]
    public void Mutated_frames_neither_crash_nor_hang_nor_over_allocate()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("CRASHSTREAMS_SEED") ?? "1");
        var random = new Random(seed);
        var frames = GoldenFrames.All.Where(f => f is { ApiVersion: not 99, Request: not null }).ToArray();
        var requests = frames.Select(f => Convert.FromHexString(f.Request!)).ToArray();
        var responses = frames.Select(f => f.Response is null ? null : Convert.FromHexString(f.Response)).ToArray();
        var rejected = 0;

        for (var i = 0; i < Count; i++)
        {
            var pick = random.Next(frames.Length);
            var asResponse = responses[pick] is not null && random.Next(2) == 0;
            var mutated = Mutate(asResponse ? responses[pick]! : requests[pick], random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            try
            {
                if (asResponse)
                    Codec.RecodeResponse(mutated, (ApiKey)frames[pick].ApiKey, frames[pick].ApiVersion);
                else
                    Codec.RecodeRequest(mutated);
            }
            catch (ProtocolException)
            {
                rejected++;
            }
            var context = $"seed {seed}, round {i}, {frames[pick]}, {Convert.ToHexStringLower(mutated)}";
            // Objects and list slots take more room than their bytes on the wire, but by a fixed factor.
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(200_000 + 200L * mutated.Length, context);
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(5), context);
        }

        rejected.Should().BeInRange(Count / 10, Count - 1);
    }

    private static byte[] Mutate(byte[] frame, Random random)
    {
        var bytes = (byte[])frame.Clone();
        for (var changes = 1 + random.Next(4); changes > 0 && bytes.Length > 8; changes--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2: // a length of ~2 G, or a varint that does not end
                    bytes.AsSpan(at, Math.Min(5, bytes.Length - at)).Fill(random.Next(2) == 0 ? (byte)0x7F : (byte)0xFF);
                    break;
                case 3:
                    bytes = bytes[..at];
                    break;
                default:
                    bytes = [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]];
                    break;
            }
        }
        return bytes;
    }
}
