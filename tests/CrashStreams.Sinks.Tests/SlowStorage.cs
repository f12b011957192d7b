namespace CrashStreams.Sinks.Tests;

/// <summary>
/// Object storage as it can be: a file is there some time after it was sent, whether its sender still lives or not, in any order; some are refused, of some the answer is lost.
/// </summary>
internal sealed class SlowStorage(Random random, TimeProvider time) : IFileStorage
{
    private readonly Dictionary<string, byte[]> _files = [];

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>Files that were put under a name that was there.</summary>
    public int Replaced { get; private set; }

    /// <summary>A planted fault: what is put again is another file.</summary>
    public bool ForgetsNames { get; init; }

    public List<string> Violations { get; } = [];

    public double RefusalRate { get; init; }

    public double LostAnswerRate { get; init; }

    public int LongestDelayMs { get; init; }

    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        // The sender may die meanwhile: what is under way comes all the same.
        if (LongestDelayMs > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestDelayMs)), time, CancellationToken.None).ConfigureAwait(false);
        if (random.NextDouble() < RefusalRate)
            throw new IOException("the disk is full");
        Store(ForgetsNames ? $"{name}-{_files.Count}" : name, content.ToArray());
        if (random.NextDouble() < LostAnswerRate)
            throw new TaskCanceledException("no answer");
    }

    private void Store(string name, byte[] content)
    {
        if (_files.TryGetValue(name, out var before))
        {
            Replaced++;
            if (!before.AsSpan().SequenceEqual(content))
                Violations.Add($"{name} was replaced by other content");
        }

        _files[name] = content;
    }
}
