using System.Diagnostics;

namespace CrashStreams.Samples.Tests.Clickstream;

/// <summary>A disk in memory that can be filled and protected. Only who may mount can have one.</summary>
internal sealed class SmallDisk : IDisposable
{
    /// <summary>The least that a file takes, bytes.</summary>
    public const int Page = 4096;

    private const int Size = 512 * 1024;

    private readonly string _filler;
    private bool _isMounted;

    public SmallDisk(string path)
    {
        Path = path;
        Directory.CreateDirectory(path);
        _isMounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={Size}", "tmpfs", path);
        Assert.SkipUnless(_isMounted, "A disk in memory can't be mounted here.");
        _filler = System.IO.Path.Combine(path, "filler");
    }

    public string Path { get; }

    /// <summary>Leaves room for one file of a page.</summary>
    public void Fill()
    {
        using (var file = File.Create(_filler))
        {
            try
            {
                for (var page = new byte[Page]; ;)
                    file.Write(page);
            }
            catch (IOException)
            {
                // It is full.
            }
        }

        using var shorter = File.OpenWrite(_filler);
        shorter.SetLength((shorter.Length / Page * Page) - Page);
    }

    public void Free() => File.Delete(_filler);

    public void Protect(bool isProtected) => Run("mount", "-o", isProtected ? "remount,ro" : "remount,rw", Path).Should().BeTrue();

    public void Dispose()
    {
        if (_isMounted)
            Run("umount", "-l", Path);
        _isMounted = false;
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
