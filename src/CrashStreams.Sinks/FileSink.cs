using CrashStreams.Processing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Sinks;

/// <summary>
/// Writes the rows of a stream to files, under exactly-once each row once over all files, whatever happens to the instances. Rows wait in a store, with its changelog; which rows make a file is
/// committed before the file is written, and that it was written is committed after. A file's name says which rows are in it, so that one that is written again replaces itself.
/// Connect it by <see cref="FileSinkExtensions.ToFiles"/>. One sink serves all threads of an application.
/// </summary>
public sealed class FileSink<TRow>
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20);

    private long _waiting;
    private volatile string? _blocked; // stream threads write it, whoever shows the application's state reads it

    /// <summary>Describes a sink.</summary>
    /// <param name="name">Names the node, the store and its changelog, and the files.</param>
    /// <param name="serde">Keeps rows in the store until they are in a file.</param>
    /// <param name="format">Makes files of rows.</param>
    /// <param name="storage">Where files go.</param>
    public FileSink(string name, Serde<TRow> serde, IFileFormat<TRow> format, IFileStorage storage)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(serde);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(storage);
        (Name, Serde, Format, Storage) = (name, serde, format, storage);
    }

    /// <summary>Names the node, the store and its changelog, and the files.</summary>
    public string Name { get; }

    /// <summary>The folder of each row, below the storage's: <c>row => $"date={row.Start:yyyy-MM-dd}"</c>. The storage's own by default.</summary>
    public Func<TRow, string>? Folder { get; init; }

    /// <summary>A file is written when so many rows wait in a task; 100,000 by default.</summary>
    public int MaxRows
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 100_000;

    /// <summary>
    /// How long rows of a task wait for others, so that files are fewer and larger (wall clock); zero (default): a file has what has come between two commits, such as the results of all
    /// windows that have closed together.
    /// </summary>
    public TimeSpan MaxAge
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    }

    /// <summary>Told of storage that does not take a file; nobody by default.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Rows of this process's tasks that are in no file yet.</summary>
    public long WaitingRows => Interlocked.Read(ref _waiting);

    /// <summary>Why rows wait: what the storage said last; null while it takes files.</summary>
    public string? Blocked => _blocked;

    internal Serde<TRow> Serde { get; }

    internal IFileFormat<TRow> Format { get; }

    internal IFileStorage Storage { get; }

    /// <summary>Completes when all rows that have come to this process's tasks are in files; ask before the application is stopped, while its threads run.</summary>
    /// <param name="cancellation">Gives up.</param>
    public async Task WrittenAsync(CancellationToken cancellation)
    {
        using var looks = new PeriodicTimer(_look);
        while (WaitingRows > 0)
            await looks.WaitForNextTickAsync(cancellation).ConfigureAwait(false);
    }

    internal void AddWaiting(long rows) => Interlocked.Add(ref _waiting, rows);

    internal void Report(string? fault)
    {
        if (fault is not null && fault != _blocked)
            Logger.LogWarning("Sink '{Name}': rows wait, the storage did not take a file: {Fault}", Name, fault);
        else if (fault is null && _blocked is not null)
            Logger.LogInformation("Sink '{Name}': the storage takes files again.", Name);
        _blocked = fault;
    }
}

/// <summary>Streams that end in files.</summary>
public static class FileSinkExtensions
{
    /// <summary>Writes the values of a stream to files. Records without value are passed over.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="builder">The topology's builder: the sink keeps waiting rows in a store of its own.</param>
    /// <param name="sink">How and where.</param>
    public static void ToFiles<TKey, TRow>(this KStream<TKey, TRow> stream, StreamsBuilder builder, FileSink<TRow> sink)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(sink);
        builder.AddKeyValueStore(sink.Name, Serdes.Int64, Serdes.Bytes);
        stream.ProcessValues<TRow>(() => new FileSinkProcessor<TKey, TRow>(sink), [sink.Name], sink.Name);
    }
}
