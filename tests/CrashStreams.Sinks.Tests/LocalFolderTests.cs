using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.Sinks.Tests;

public sealed class LocalFolderTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"local-folder-{Guid.NewGuid():N}");

    [Fact]
    public async Task A_file_is_there_as_a_whole_and_replaces_one_of_its_name()
    {
        var folder = new LocalFolder(_path);

        await folder.PutAsync("date=2026-01-31/rows.parquet", new byte[] { 1 }, CancellationToken.None);
        await folder.PutAsync("date=2026-01-31/rows.parquet", new byte[] { 1, 2 }, CancellationToken.None);

        Directory.EnumerateFiles(_path, "*", SearchOption.AllDirectories).Should().Equal(Path.Combine(_path, "date=2026-01-31", "rows.parquet"));
        File.ReadAllBytes(Path.Combine(_path, "date=2026-01-31", "rows.parquet")).Should().Equal(1, 2);
    }

    [Fact]
    public void A_folder_that_can_not_be_one_is_told_with_what_to_do()
    {
        File.WriteAllText(_path, "a file");

        FluentActions.Invoking(() => new LocalFolder(Path.Combine(_path, "revenue")).CheckWritable()).Should().Throw<IOException>().WithMessage($"*'{_path}*Choose another folder*");
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_after_an_hour()
    {
        Directory.CreateDirectory(Path.Combine(_path, "date=2026-01-31"));
        var leftover = Path.Combine(_path, "date=2026-01-31", ".rows.parquet.0.tmp");
        File.WriteAllText(leftover, "half a file");
        var time = new FakeTimeProvider(File.GetLastWriteTimeUtc(leftover) + TimeSpan.FromMinutes(59));

        new LocalFolder(_path, time).CheckWritable();
        File.Exists(leftover).Should().BeTrue("somebody may be writing it");
        time.Advance(TimeSpan.FromMinutes(2));
        new LocalFolder(_path, time).CheckWritable();

        File.Exists(leftover).Should().BeFalse();
    }

    public void Dispose()
    {
        if (Directory.Exists(_path))
            Directory.Delete(_path, recursive: true);
        else
            File.Delete(_path);
    }
}
