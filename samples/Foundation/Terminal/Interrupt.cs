using System.Runtime.InteropServices;

namespace CrashStreams.Samples.Terminal;

/// <summary>Turns the first Ctrl-C or SIGTERM into a request to stop cleanly, and lets the second one end the process at once.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _requested = new();
    private readonly PosixSignalRegistration[] _signals;

    public Interrupt() => _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Request),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Request),
    ];

    public CancellationToken Token => _requested.Token;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _requested.Dispose();
    }

    private void Request(PosixSignalContext context)
    {
        if (_requested.IsCancellationRequested)
            Environment.Exit(ExitCode.Interrupted);
        context.Cancel = true;
        Notices.Write("Stopping cleanly. Press Ctrl-C again to stop at once.");
        _requested.Cancel();
    }
}
