using System.Diagnostics;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>The page in a real browser.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task A_browser_draws_all_views_and_takes_text_of_events_for_text()
    {
        var browser = Browser();
        using var folder = new TemporaryFolder();
        await using var api = await ViewApi.StartAsync(new Samples.Learning.Storage.FolderViews(folder.Path));
        await api.PutAsync(ViewFiles.LiveRoot, Enumerable.Range(1, 30).Select(minute => ViewApi.Row("notification_realtime_sent_1min", minute, "<img src=x onerror=document.title='taken'>", (long)minute)));
        await api.PutAsync(ViewFiles.LiveRoot, ViewApi.Row("video_realtime_popular_videos", 5, 1L, "video & one", 7L));

        var document = await DocumentAsync(browser, folder.Path, new(api.Http.BaseAddress!, $"/?from={ViewApi.Text(ViewApi.Minute(0))}&to={ViewApi.Text(ViewApi.Minute(30))}"));

        document.Should().Contain("31 rows of 25 views");
        ViewCatalog.All.Should().AllSatisfy(view => document.Should().Contain($"<section id=\"{view.Name}\">"));
        document.Should().Contain("<polyline").And.Contain("1. video &amp; one").And.NotContain("<img").And.NotContain("<title>taken");
    }

    private static string Browser()
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).SelectMany(static folder => new[] { "chromium", "google-chrome" }.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, "chromium is missing (apt-get install chromium)");
        return found!;
    }

    // What the page has become after its scripts have run: the browser's own time is virtual, and waits for requests.
    private static async Task<string> DocumentAsync(string browser, string folder, Uri page)
    {
        using var process = Process.Start(new ProcessStartInfo(
            browser,
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", $"--user-data-dir={Path.Combine(folder, "browser")}", "--virtual-time-budget=4000", "--timeout=60000", "--dump-dom", page.AbsoluteUri])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(patience.Token);
        (await output).Should().NotBeEmpty(await errors);
        return await output;
    }
}
