using System.Diagnostics;
using System.Globalization;

namespace CrashStreams.Benchmarks.Beside;

/// <summary>A process that measures when it is asked to: see <see cref="Served"/>.</summary>
internal sealed class ServedProcess : IDisposable
{
    private readonly Process _process;

    public ServedProcess(string program, IReadOnlyList<string> arguments) =>
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    /// <param name="share">The share of lines that are severe crashes.</param>
    public Served.Result Measure(double share)
    {
        _process.StandardInput.WriteLine(share.ToString(CultureInfo.InvariantCulture));
        return Served.Result.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"'{_process.StartInfo.FileName}' has ended."));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
