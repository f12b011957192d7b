using System.Net;
using System.Text;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Sinks.Tests.S3;

/// <summary>Stands before a storage and does to requests what networks and storages do: refuses some, answers some late, and of some that were carried out the answer is lost.</summary>
internal sealed class FaultyGateway : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new();
    private readonly Uri _storage;
    private readonly Random _random;
    private readonly Task _serving;

    public FaultyGateway(Uri storage, int seed)
    {
        (_storage, _random) = (storage, new(seed));
        Url = new($"http://127.0.0.1:{FreePort.Find()}/");
        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url { get; }

    /// <summary>Whether it does harm; without it passes everything on.</summary>
    public bool IsFaulty { get; set; } = true;

    public int Refused { get; private set; }

    public int LostAnswers { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _http.Dispose();
    }

    private async Task ServeAsync()
    {
        var answers = new List<Task>();
        while (true)
        {
            try
            {
                answers.Add(AnswerAsync(await _listener.GetContextAsync()));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                break;
            }
        }

        await Task.WhenAll(answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        int draw, delayMs;
        lock (_random)
            (draw, delayMs) = IsFaulty ? (_random.Next(100), _random.Next(20)) : (99, 0);
        if (draw < 15)
        {
            Refused++;
            await RefuseAsync(context.Response);
            return;
        }

        await Task.Delay(delayMs);
        using var answer = await _http.SendAsync(await ForwardedAsync(context.Request));
        if (draw < 30)
        {
            LostAnswers++;
            context.Response.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        if (answer.Headers.ETag is { } version)
            context.Response.Headers["ETag"] = version.ToString();
        await answer.Content.CopyToAsync(context.Response.OutputStream);
        context.Response.Close();
    }

    private static async Task RefuseAsync(HttpListenerResponse response)
    {
        response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
        response.ContentType = "application/xml";
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes("<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"));
        response.Close();
    }

    // As it was signed: with the name of the host that the client has asked.
    private async Task<HttpRequestMessage> ForwardedAsync(HttpListenerRequest request)
    {
        var target = new Uri($"{_storage.GetLeftPart(UriPartial.Authority)}{request.RawUrl}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var body = new MemoryStream();
        await request.InputStream.CopyToAsync(body);
        var forwarded = new HttpRequestMessage(new(request.HttpMethod), target) { Content = new ByteArrayContent(body.ToArray()) };
        foreach (var name in request.Headers.AllKeys.OfType<string>())
        {
            if (!forwarded.Headers.TryAddWithoutValidation(name, request.Headers[name]))
                forwarded.Content.Headers.TryAddWithoutValidation(name, request.Headers[name]);
        }

        forwarded.Headers.Host = Url.Authority;
        forwarded.Content.Headers.ContentLength = body.Length;
        return forwarded;
    }
}
