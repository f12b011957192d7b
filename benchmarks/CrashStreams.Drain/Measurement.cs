using System.Diagnostics;
using System.Globalization;

namespace CrashStreams.Drain;

/// <summary>Records per second of wall clock, and processor seconds, of this whole process with its native threads.</summary>
internal sealed class Measurement(string what)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processor = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly long _allocated = GC.GetAllocatedBytesForCurrentThread();

    public void Print(long records)
    {
        var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        var process = Process.GetCurrentProcess();
        var processor = (process.TotalProcessorTime - _processor).TotalSeconds;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - _allocated;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {records / seconds / 1e6:0.00} M records/s, {processor / records * 1e6:0.00} CPU s per million, {(double)allocated / records:0.0} B allocated per record, {process.PeakWorkingSet64 >> 20} MB peak ({records:N0} records in {seconds:0.00} s)"));
    }
}
