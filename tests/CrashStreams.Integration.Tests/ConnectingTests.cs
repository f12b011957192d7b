using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CrashStreams.Broker;
using CrashStreams.Kafka;
using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Integration.Tests;

/// <summary>The broker is not there, not yet, not any more, or does not want this client: the application says so soon, quietly, and goes on when that is over.</summary>
public sealed class ConnectingTests : IDisposable
{
    private const string In = "in", Out = "out";
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("crashstreams-connecting-");
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(5), _patience = TimeSpan.FromSeconds(90);
    private readonly LogLines _log = new();

    [Fact]
    public async Task An_application_that_is_started_before_its_broker_says_what_it_tries_and_begins_when_the_broker_is_there()
    {
        var port = FreePort();
        await using (var earlier = await EmbeddedBroker.StartAsync(new() { DataDirectory = _data.FullName }))
        {
            await earlier.CreateTopicAsync(In, 1);
            await earlier.CreateTopicAsync(Out, 1);
        }

        await using var application = Application(new() { BootstrapServers = $"127.0.0.1:{port}" });
        var start = application.StartAsync();

        await Says(application, ApplicationActivity.Connecting, $"127.0.0.1:{port}", "Connection refused");
        application.State.Should().Be(ApplicationState.Starting);
        // A data directory whose topics are there from the first moment, as after the broker's restart.
        await using var broker = await EmbeddedBroker.StartAsync(new() { Port = port, DataDirectory = _data.FullName });

        await start.WaitAsync(_patience);
        await broker.AppendAsync(In, 0, (null, "x"u8.ToArray()));
        await Monitors.Until(() => application.ProcessedRecords > 0);
        // A thread that the group has given nothing yet may still be joining.
        await Monitors.Until(() => application.Status.Activity == ApplicationActivity.Running);
        Lines("Connecting").Should().BeInRange(1, 4, _log.ToString());
        // While the broker is there: what is not acknowledged yet is waited for.
        await application.StopAsync();
    }

    [Fact]
    public async Task A_start_that_is_cancelled_ends_at_once()
    {
        await using var application = Application(new() { BootstrapServers = $"127.0.0.1:{FreePort()}" });
        using var cancellation = new CancellationTokenSource();
        var start = application.StartAsync(cancellation.Token);
        await Says(application, ApplicationActivity.Connecting, "Connection refused");

        var clock = Stopwatch.StartNew();
        await cancellation.CancelAsync();

        await start.Invoking(s => s.WaitAsync(_patience)).Should().ThrowAsync<OperationCanceledException>();
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20));
        application.State.Should().Be(ApplicationState.Stopped);
    }

    [Fact]
    public async Task An_application_that_may_not_wait_fails_with_the_reason()
    {
        var port = FreePort();
        await using var application = Application(new() { BootstrapServers = $"127.0.0.1:{port}" }, connectTimeout: TimeSpan.FromSeconds(2));

        var told = await application.Invoking(a => a.StartAsync().WaitAsync(_patience)).Should().ThrowAsync<LogException>();

        told.Which.Message.Should().Contain($"127.0.0.1:{port}").And.Contain("Connection refused").And.Contain(nameof(StreamsOptions.ConnectTimeout));
        application.Status.Activity.Should().Be(ApplicationActivity.Failed);
    }

    [Theory]
    [InlineData("a wrong password", "Authentication failed")]
    [InlineData("no TLS", "security.protocol")]
    [InlineData("TLS to a broker without", "SSL")]
    [InlineData("an unknown host", "resolve")]
    public async Task What_is_wrong_with_the_connection_is_told_soon(string what, string reason)
    {
        using var certificate = Certificate();
        await using var broker = await EmbeddedBroker.StartAsync(what switch
        {
            "a wrong password" => new() { Users = new Dictionary<string, string> { ["ann"] = "right" } },
            "no TLS" => new() { Certificate = certificate },
            _ => new(),
        });
        var address = what == "an unknown host" ? "no-such-host.invalid:9092" : broker.BootstrapServers;
        var properties = what switch
        {
            "a wrong password" => new Dictionary<string, string>
            {
                ["security.protocol"] = "SASL_PLAINTEXT", ["sasl.mechanism"] = "PLAIN", ["sasl.username"] = "ann", ["sasl.password"] = "wrong-secret",
            },
            "TLS to a broker without" => new() { ["security.protocol"] = "SSL" },
            _ => [],
        };
        await using var application = Application(new() { BootstrapServers = address, Properties = properties });
        using var cancellation = new CancellationTokenSource();
        var start = application.StartAsync(cancellation.Token);

        await Says(application, ApplicationActivity.Connecting, address, reason);
        _log.ToString().Should().NotContain("wrong-secret");
        await cancellation.CancelAsync();
        await start.Invoking(s => s.WaitAsync(_patience)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_broker_that_goes_away_is_told_quietly_and_the_application_goes_on_when_it_is_back(ProcessingGuarantee guarantee)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync(In, 2);
        await broker.CreateTopicAsync(Out, 2);
        await using var application = Application(new() { BootstrapServers = broker.BootstrapServers, RequestTimeout = TimeSpan.FromSeconds(2) }, guarantee);
        await application.StartAsync();
        await broker.AppendAsync(In, 0, (null, "x"u8.ToArray()));
        await application.CaughtUpAsync().WaitAsync(_patience);
        var before = Lines("");

        await broker.CrashAsync();
        await Says(application, ApplicationActivity.Connecting, broker.BootstrapServers);
        await Task.Delay(TimeSpan.FromSeconds(12), TimeProvider.System);

        // Two causes at most, the log that is away and threads that begin again because of it, and two intervals.
        (Lines("") - before).Should().BeLessThanOrEqualTo(8, _log.ToString());
        await broker.RestartAsync();
        await broker.AppendAsync(In, 1, (null, "y"u8.ToArray()));
        await application.CaughtUpAsync().WaitAsync(_patience);
        await Monitors.Until(() => application.Status.Activity == ApplicationActivity.Running);
    }

    public void Dispose()
    {
        _data.Delete(recursive: true);
        _log.Dispose();
    }

    /// <summary>Waits for a status with these words; it has to come within 5 s, and may be late only because the machine is busy.</summary>
    private async Task Says(StreamsApplication application, ApplicationActivity activity, params string[] words)
    {
        var clock = Stopwatch.StartNew();
        while (application.Status is var status && (status.Activity != activity || words.Any(w => !status.Detail.Contains(w, StringComparison.OrdinalIgnoreCase))))
        {
            clock.Elapsed.Should().BeLessThan(4 * _soon, "the status is '{0}' and should have '{1}'\n{2}", status, string.Join("', '", words), _log);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    private int Lines(string text) => _log.ToString().Split('\n').Count(l => l.Contains(text, StringComparison.Ordinal) && (l.Contains(" Warning ", StringComparison.Ordinal) || l.Contains(" Error ", StringComparison.Ordinal)));

    private StreamsApplication Application(KafkaOptions kafka, ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce, TimeSpan? connectTimeout = null)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], byte[]>(In).To(Out);
        var options = new StreamsOptions { ApplicationId = "connecting", Delivery = { Guarantee = guarantee }, Threads = 2, ConnectTimeout = connectTimeout };
        return new StreamsApplication(builder.Build(), options, new KafkaLogClients(kafka, new Logger<KafkaLogClients>(_log)), _log);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
