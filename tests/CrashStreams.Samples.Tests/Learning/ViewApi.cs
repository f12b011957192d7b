using System.Text.Json;
using CrashStreams.Samples.Learning.Batch;
using CrashStreams.Samples.Learning.Serving;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Terminal;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>The serving layer over a storage, and rows to put into it.</summary>
internal sealed class ViewApi : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 1, 31, 22, 30, 0, TimeSpan.Zero);

    private readonly WebApplication _host;
    private readonly IViewStorage _storage;
    private int _files;

    private ViewApi(WebApplication host, IViewStorage storage, Uri address) => (_host, _storage, Http) = (host, storage, new() { BaseAddress = address });

    public HttpClient Http { get; }

    public static async Task<ViewApi> StartAsync(IViewStorage storage)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var host = ServeHost.Create(storage, address.OriginalString, cacheBytes: 1_000_000, LogLevel.None);
        await host.StartAsync();
        return new(host, storage, address);
    }

    public static DateTimeOffset Minute(double minute) => Start.AddMinutes(minute);

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", null);

    /// <summary>A row of the view in the window that ends so many minutes after the start.</summary>
    public static ViewRow Row(string view, double end, params object?[] values)
    {
        var found = ViewCatalog.Find(view)!;
        return new(found, [Minute(end) - found.Window.Size, Minute(end), .. values]);
    }

    /// <summary>Stores rows in a file for each hour.</summary>
    public async Task PutAsync(string root, params IEnumerable<ViewRow> rows)
    {
        foreach (var hour in rows.GroupBy(row => ViewFiles.Folder(root, row.View, row.WindowStart)))
            await _storage.PutAsync($"{hour.Key}/{(root == ViewFiles.BatchRoot ? "batch" : $"app-{_files++}")}.parquet", new ViewFiles().Write([.. hour]), CancellationToken.None);
    }

    public Task EndBatchAsync(string view, double end) => BatchEnd.WriteAsync(_storage, ViewCatalog.Find(view)!, Minute(end), CancellationToken.None);

    /// <summary>The status, and the body.</summary>
    public async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The rows of windows that end in (from, to], minutes after the start.</summary>
    public async Task<List<JsonElement>> RowsAsync(string view, double from, double to, string more = "")
    {
        var (status, body) = await GetAsync($"/views/{view}?from={Text(Minute(from))}&to={Text(Minute(to))}{more}");
        status.Should().Be(200, body);
        return [.. JsonDocument.Parse(body).RootElement.EnumerateArray()];
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.DisposeAsync();
    }
}
