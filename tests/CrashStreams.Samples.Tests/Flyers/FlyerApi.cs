using System.Net.Http.Json;
using System.Text;
using CrashStreams.Broker;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Tests.Flyers;

/// <summary>The program with a broker and a Redis of its own.</summary>
internal sealed class FlyerApi : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly EmbeddedBroker _broker;
    private readonly string _urls;
    private SampleProcess _process;

    private FlyerApi(EmbeddedBroker broker, RedisServer redis, string urls)
    {
        (_broker, Redis, _urls) = (broker, redis, urls);
        _process = Start();
        Http = new() { BaseAddress = new(urls) };
    }

    public RedisServer Redis { get; }

    public HttpClient Http { get; }

    public static async Task<FlyerApi> StartAsync()
    {
        var redis = RedisServer.Start();
        var broker = await EmbeddedBroker.StartAsync(new() { ConsumerSessionTimeout = TimeSpan.FromSeconds(3) });
        (await SampleProcess.RunAsync("flyers", "topics", "create", "--partitions", "3", "-b", broker.BootstrapServers)).ExitCode.Should().Be(0);
        var api = new FlyerApi(broker, redis, $"http://127.0.0.1:{FreePort.Find()}");
        await api.UntilHealthyAsync();
        return api;
    }

    /// <summary>Ends the program as a crash does, and starts it again.</summary>
    public async Task CrashAndStartAsync()
    {
        _process.Crash();
        _process.Dispose();
        _process = Start();
        await UntilHealthyAsync();
    }

    public async Task UntilHealthyAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await IsHealthyAsync())
        {
            if (TimeProvider.System.GetElapsedTime(began) > _patience)
                throw new TimeoutException($"The API is not healthy: {_process.Text}");
            await Task.Delay(50);
        }
    }

    public async Task<HttpResponseMessage> PostAsync(string body, string type = "application/json", string query = "")
    {
        // A body that is refused by its length is not sent.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/api/process{query}", UriKind.Relative)) { Content = new StringContent(body, Encoding.UTF8, type), Headers = { ExpectContinue = true } };
        return await Http.SendAsync(request);
    }

    public Task<string> GetAsync(string path) => Http.GetStringAsync(new Uri(path, UriKind.Relative));

    public async Task<int> StatusOfAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));
        return (int)answer.StatusCode;
    }

    public Task<(int ExitCode, string Text)> RunAsync(params string[] arguments) => SampleProcess.RunAsync("flyers", [.. arguments, "--urls", _urls, "-b", _broker.BootstrapServers]);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Dispose();
        await _broker.DisposeAsync();
        Redis.Dispose();
    }

    private async Task<bool> IsHealthyAsync()
    {
        try
        {
            return await StatusOfAsync("/api/health") == 200;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private SampleProcess Start() => new("flyers", "run", "--redis", Redis.Address, "--urls", _urls, "-b", _broker.BootstrapServers);
}
