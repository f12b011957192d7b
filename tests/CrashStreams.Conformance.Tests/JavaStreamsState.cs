using System.Diagnostics;
using System.Text;
using CrashStreams.Kafka.Tests;
using CrashStreams.Kafka.Tests.Java;

namespace CrashStreams.Conformance.Tests;

/// <summary>
/// An Apache Kafka, and a Java program that carries out commands on it: see StreamsState.java. Vectors are of 1970: the broker does not delete what is too old.
/// Both begin with the first test that wants them.
/// </summary>
public sealed class JavaStreamsState : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly Lazy<ApacheKafka> _broker = new(static () => new ApacheKafka("log.cleaner.backoff.ms=86400000\nlog.retention.check.interval.ms=86400000"));
    private readonly Lazy<Process> _program;

    public JavaStreamsState() => _program = new(() => JavaProgram.Start("StreamsState", [_broker.Value.BootstrapServers]));

    /// <summary>The broker; the test is skipped where there is none.</summary>
    public string BootstrapServers
    {
        get
        {
            if (ApacheKafka.WhyMissing is { } reason)
                Assert.Skip(reason);
            return _broker.Value.BootstrapServers;
        }
    }

    /// <summary>Carries out commands; returns what was printed.</summary>
    public string Run(IEnumerable<string> commands)
    {
        foreach (var command in commands)
            _program.Value.StandardInput.WriteLine(command);
        _program.Value.StandardInput.WriteLine("end");
        _program.Value.StandardInput.Flush();
        var printed = new StringBuilder();
        while (_program.Value.StandardOutput.ReadLineAsync().WaitAsync(_patience).GetAwaiter().GetResult() is var line && line != "end")
            printed.AppendLine(line ?? throw new InvalidOperationException($"The Java program has ended: {_program.Value.StandardError.ReadToEnd()}"));
        return printed.ToString();
    }

    public void Dispose()
    {
        if (_program.IsValueCreated)
        {
            _program.Value.StandardInput.Close();
            if (!_program.Value.WaitForExit(_patience))
                _program.Value.Kill();
            _program.Value.Dispose();
        }

        if (_broker.IsValueCreated)
            _broker.Value.Dispose();
    }
}
