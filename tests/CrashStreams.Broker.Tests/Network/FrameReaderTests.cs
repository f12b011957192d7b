using System.Buffers.Binary;
using CrashStreams.Broker.Server;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Network;

public sealed class FrameReaderTests
{
    private const int MaxBytes = 100 * 1024 * 1024;

    [Fact]
    public async Task Frames_of_all_sizes_come_whole_and_in_order_however_the_bytes_are_cut()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new Random(seed);
            var frames = Enumerable.Range(0, 40).Select(_ => Frame(random)).ToList();
            using var reader = new FrameReader(new PiecewiseStream(frames.SelectMany(WithLength).ToArray(), random), new FrameLimits(MaxBytes, MaxBytes), _ => true);

            var read = new List<byte[]>();
            do
            {
                while (reader.TryRead(out var frame, out var length))
                    read.Add(frame[..length]);
            }
            while (await reader.ReadMoreAsync());

            read.Should().HaveCount(frames.Count, $"of seed {seed}");
            for (var i = 0; i < frames.Count; i++)
                read[i].AsSpan().SequenceEqual(frames[i]).Should().BeTrue($"of seed {seed}, frame {i} of {frames[i].Length} bytes");
        }
    }

    /// <summary>Hundreds that are cut off at once would keep a thread busy with exceptions, thrown again by each who waits.</summary>
    [Fact]
    public async Task A_client_that_is_cut_off_is_at_its_end()
    {
        using var reader = new FrameReader(new CutOffStream(), new FrameLimits(MaxBytes, MaxBytes), _ => true);

        (await reader.ReadMoreAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task A_client_of_large_frames_takes_as_little_as_others_while_memory_is_short()
    {
        var isShort = false;
        var bytes = WithLength(new byte[4 * 1024 * 1024]).Concat(WithLength(new byte[4 * 1024 * 1024]).Take(1000)).ToArray();
        using var reader = new FrameReader(new PiecewiseStream(bytes, new Random(1)), new FrameLimits(MaxBytes, MaxBytes), _ => !isShort);
        while (!reader.TryRead(out _, out _))
            (await reader.ReadMoreAsync()).Should().BeTrue();
        isShort = true;

        do
            reader.TryRead(out _, out _).Should().BeFalse();
        while (await reader.ReadMoreAsync());

        reader.HeldBytes.Should().BePositive().And.BeLessThanOrEqualTo(64 * 1024);
    }

    [Fact]
    public async Task An_announced_length_alone_takes_no_memory()
    {
        var announced = WithLength(new byte[MaxBytes]).Take(1000).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var reader = new FrameReader(new PiecewiseStream(announced, new Random(1)), new FrameLimits(MaxBytes, MaxBytes), _ => true);

        do
            reader.TryRead(out _, out _).Should().BeFalse();
        while (await reader.ReadMoreAsync());

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1024 * 1024);
    }

    /// <summary>What is received into fresh memory at once keeps a thread for milliseconds, and threads are few.</summary>
    [Fact]
    public async Task A_large_frame_is_read_in_pieces()
    {
        using var stream = new WatchedStream(WithLength(new byte[20 * 1024 * 1024]).ToArray());
        using var reader = new FrameReader(stream, new FrameLimits(MaxBytes, MaxBytes), _ => true);

        while (!reader.TryRead(out _, out _))
            (await reader.ReadMoreAsync()).Should().BeTrue();

        stream.LargestRead.Should().Be(512 * 1024);
    }

    [Fact]
    public async Task A_frame_grows_before_it_is_read_on_when_its_client_asks_for_that()
    {
        using var reader = new FrameReader(new MemoryStream(WithLength(new byte[1024 * 1024]).ToArray()), new FrameLimits(MaxBytes, MaxBytes), _ => true);
        do
            reader.TryRead(out _, out _).Should().BeFalse();
        while (reader.NextGrowth == 0 && await reader.ReadMoreAsync());
        var (held, growth) = (reader.HeldBytes, reader.NextGrowth);

        reader.Grow();

        reader.NextGrowth.Should().Be(0);
        reader.HeldBytes.Should().Be(held + growth);
        while (!reader.TryRead(out _, out _))
            (await reader.ReadMoreAsync()).Should().BeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(MaxBytes + 1)]
    public async Task A_length_that_cannot_be_one_is_refused(int length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        using var reader = new FrameReader(new MemoryStream(bytes), new FrameLimits(MaxBytes, MaxBytes), _ => true);
        await reader.ReadMoreAsync();

        var read = () => reader.TryRead(out _, out _);

        read.Should().Throw<ProtocolException>();
    }

    private static byte[] Frame(Random random)
    {
        var frame = new byte[random.Next(10) == 0 ? random.Next(1, 500_000) : random.Next(1, 300)];
        random.NextBytes(frame);
        return frame;
    }

    private static IEnumerable<byte> WithLength(byte[] frame)
    {
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, frame.Length);
        return length.Concat(frame);
    }

    /// <summary>Gives its bytes in pieces of random sizes, as a socket does.</summary>
    private sealed class PiecewiseStream(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(3) == 0 ? random.Next(1, 20) : random.Next(1, 100_000))], cancellationToken);
    }

    private sealed class CutOffStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("Connection reset by peer");
    }

    private sealed class WatchedStream(byte[] bytes) : MemoryStream(bytes)
    {
        public int LargestRead { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            LargestRead = Math.Max(LargestRead, buffer.Length);
            return base.ReadAsync(buffer, cancellationToken);
        }
    }
}
