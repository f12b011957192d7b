using System.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>verify</c>: recomputes the alerts from the input and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var monitor = new MonitorArguments();
        var rows = new RowsOption("Rows to show of each kind of difference; a line counts the others", 10);
        var closed = new Option<bool>("--all-closed") { Description = "Expect the alerts of all windows, also of those that no later line has closed" };
        var command = new ExampleCommand(
            "verify",
            "Reads the input and the alerts, recomputes the alerts independently of the engine, and shows missing, wrong, extra and duplicate rows. Give it the options that the monitor ran with. Exit code 0: all is right; 1: something differs, or there is no input.",
            "crash-monitor verify",
            "crash-monitor verify --window 1m --grace 5m --threshold 10 --rows 50")
        {
            rows, closed,
        };
        monitor.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (options, shown) = (MonitorArguments.Checked(monitor.Read(arguments)), rows.Read(arguments));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            return await CompareAsync(clients, options, arguments.GetValue(closed), shown, cancellation);
        });
        return command;
    }

    /// <summary>Compares and prints; answers the exit code.</summary>
    public static async Task<int> CompareAsync(ILogClients clients, CrashMonitorOptions options, bool everythingIsClosed, int rows, CancellationToken cancellation)
    {
        var verifier = new AlertVerifier(clients, options)
        {
            EverythingIsClosed = everythingIsClosed,
            Latest = TimeProvider.System.GetUtcNow() + options.MaxFuture,
        };
        AlertComparison comparison;
        using (var input = new Steps("verify, reading input", TimeProvider.System))
        using (var alerts = new Steps("verify, reading alerts", TimeProvider.System))
            comparison = await verifier.VerifyAsync(input, alerts, cancellation);
        VerificationText.Write(Console.Out, comparison, rows);
        return comparison is { IsCorrect: true, Expected.Records: > 0 } ? ExitCode.Success : ExitCode.NotVerified;
    }
}
