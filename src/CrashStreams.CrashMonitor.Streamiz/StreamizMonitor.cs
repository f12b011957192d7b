using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Streamiz.Kafka.Net;
using StreamizGuarantee = Streamiz.Kafka.Net.ProcessingGuarantee;

namespace CrashStreams.CrashMonitor.Streamiz;

/// <summary>A crash monitor that runs on Streamiz: one instance; instances with the same application id share the work.</summary>
public sealed class StreamizMonitor : IAsyncDisposable
{
    private const long CommitIntervalMs = 1000; // as CrashStreams has it: commits are part of what is compared

    private readonly KafkaStream _stream;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _alerts;
    private long _lines;

    /// <summary>Prepares the monitor; nothing is connected yet.</summary>
    /// <param name="options">What it looks for.</param>
    /// <param name="bootstrapServers">Some of the cluster's brokers: <c>host:port</c>, separated by commas.</param>
    /// <param name="onAlert">Called for each alert that this instance writes, in the stream thread.</param>
    /// <param name="properties">librdkafka properties for every client.</param>
    /// <param name="loggers">Where Streamiz logs to; nowhere by default.</param>
    /// <exception cref="TopologyException">An option can't be used, or Streamiz has nothing like it.</exception>
    public StreamizMonitor(
        CrashMonitorOptions options, string bootstrapServers, Action<CrashAlert>? onAlert = null, IReadOnlyDictionary<string, string>? properties = null, ILoggerFactory? loggers = null)
    {
        Check(options);
        var config = new StreamConfig
        {
            ApplicationId = options.ApplicationId,
            BootstrapServers = bootstrapServers,
            NumStreamThreads = options.Threads,
            Guarantee = options.Guarantee == ProcessingGuarantee.ExactlyOnce ? StreamizGuarantee.EXACTLY_ONCE : StreamizGuarantee.AT_LEAST_ONCE,
            CommitIntervalMs = CommitIntervalMs,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            DeserializationExceptionHandler = (_, _, _) => options.BadInput == FaultResponse.Fail ? ExceptionHandlerResponse.FAIL : ExceptionHandlerResponse.CONTINUE,
        };
        if (loggers is not null)
            config.Logger = loggers;
        foreach (var (name, value) in properties ?? new Dictionary<string, string>())
            config.AddConfig(name, value);

        _stream = new(StreamizCrashTopology.Build(options, alert =>
        {
            Interlocked.Increment(ref _alerts);
            onAlert?.Invoke(alert);
        }, () => Interlocked.Increment(ref _lines)), config);
        _stream.StateChanged += Changed;
    }

    /// <summary>Alerts that this instance has written.</summary>
    public long Alerts => Interlocked.Read(ref _alerts);

    /// <summary>Lines that this instance has read since its start.</summary>
    public long Lines => Interlocked.Read(ref _lines);

    /// <summary>Ends when the monitor has stopped; faulted when Streamiz gave up.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Throws with all that is wrong with options, and with what Streamiz has nothing like.</summary>
    /// <exception cref="TopologyException">At least one setting is not usable.</exception>
    public static void Check(CrashMonitorOptions options)
    {
        options.Validate();
        var missing = Missing(options).ToList();
        if (missing.Count > 0)
            throw new TopologyException("Streamiz has nothing like these options:\n- " + string.Join("\n- ", missing));
    }

    /// <summary>Connects and starts the threads.</summary>
    /// <param name="cancellation">Stops the monitor.</param>
    public Task StartAsync(CancellationToken cancellation = default) => _stream.StartAsync(cancellation);

    /// <summary>Commits, leaves the group and ends the threads.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.Run(_stream.Dispose).ConfigureAwait(false);
        _completion.TrySetResult();
    }

    private static IEnumerable<string> Missing(CrashMonitorOptions options)
    {
        if (options.CorrectWithin is not null)
            yield return $"{nameof(options.CorrectWithin)} is not there: Streamiz never corrects a result.";
        if (options.LateTopic is not null)
            yield return $"{nameof(options.LateTopic)} is not there: Streamiz drops late records.";
        if (options.BadInput == FaultResponse.DeadLetter)
            yield return $"{nameof(options.BadInput)} DeadLetter is not there: Streamiz skips malformed lines or fails.";
        if (options.CloseAfterIdle is not null)
            yield return $"{nameof(options.CloseAfterIdle)} is not there: windows of Streamiz close by later records only.";
        if (options.Debug)
            yield return $"{nameof(options.Debug)} is not there: running counts of Streamiz are not shown.";
    }

    private void Changed(KafkaStream.State before, KafkaStream.State now)
    {
        if (now == KafkaStream.State.ERROR)
            _completion.TrySetException(new CrashStreamsException("Streamiz gave up; its log says why."));
        else if (now == KafkaStream.State.NOT_RUNNING)
            _completion.TrySetResult();
    }
}
