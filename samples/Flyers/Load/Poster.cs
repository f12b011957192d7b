using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Flyers.Load;

/// <summary>
/// Posts bodies, several at a time, and tells how long answers took: from when a request was due, so that one that has to wait for its turn because others are slow counts with its waiting.
/// </summary>
/// <param name="api">Where to.</param>
/// <param name="posters">How many at a time.</param>
/// <param name="waits">Whether answers are to have the results.</param>
/// <param name="rate">Events per second; 0: each poster goes on when it has its answer.</param>
internal sealed class Poster(Uri api, int posters, bool waits, double rate = 0)
{
    private static readonly MediaTypeHeaderValue _json = new("application/json");
    private readonly HttpClient _http = new() { BaseAddress = api };

    public async Task RunAsync(FlyerLoad load, CancellationToken cancellation)
    {
        var bodies = FlyerGenerator.Bodies(load).ToList();
        var (next, posted, times, began) = (-1, 0L, new List<double>(), Stopwatch.GetTimestamp());
        using var steps = new Steps("load", TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, posters).Select(_ => PostAsync()));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        times.Sort();
        Steps.Above(() => Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Posted {posted:N0} events in {bodies.Count:N0} requests by {posters} at a time: {posted / seconds:N0} events/s; answers after {At(0.5):F1} ms (median), {At(0.99):F1} ms (99 %), {times[^1]:F1} ms (at most).")));

        double At(double share) => times[(int)(share * (times.Count - 1))];

        async Task<long> DueAsync(int index)
        {
            if (rate <= 0)
                return Stopwatch.GetTimestamp();
            var due = began + (long)(index * load.Batch / rate * Stopwatch.Frequency);
            var ahead = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead, TimeProvider.System, cancellation);
            return due;
        }

        async Task PostAsync()
        {
            while (Interlocked.Increment(ref next) is var index && index < bodies.Count)
            {
                var due = await DueAsync(index);
                using var content = new ByteArrayContent(bodies[index].Body) { Headers = { ContentType = _json } };
                using var answer = await _http.PostAsync(new Uri(waits ? "/api/process" : "/api/process?wait=false", UriKind.Relative), content, cancellation);
                if (!answer.IsSuccessStatusCode)
                    throw new IOException($"{api} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellation)}");
                await answer.Content.ReadAsByteArrayAsync(cancellation);
                lock (times)
                {
                    times.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
                    posted += bodies[index].Events;
                    steps.Report((posted, load.Events));
                }
            }
        }
    }
}
