using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.Kafka;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>TLS and SASL through librdkafka.</summary>
public sealed class SecurityTests
{
    private static readonly X509Certificate2 Certificate = MakeCertificate();

    [Theory]
    [InlineData(SaslMechanism.Plain)]
    [InlineData(SaslMechanism.ScramSha256)]
    [InlineData(SaslMechanism.ScramSha512)]
    public async Task A_user_with_the_right_password_is_served(SaslMechanism mechanism)
    {
        await using var broker = await EmbeddedBroker.StartAsync(Options());
        await broker.CreateTopicAsync("t");

        await Client.Produce(broker, "t", [("k", "v")], config =>
        {
            Secure(config, mechanism, "right");
            config.MessageTimeoutMs = 15_000;
        });

        (await broker.EndOffsetAsync("t", 0)).Should().Be(1);
    }

    [Theory]
    [InlineData(SaslMechanism.Plain)]
    [InlineData(SaslMechanism.ScramSha256)]
    public async Task A_wrong_password_is_not(SaslMechanism mechanism)
    {
        await using var broker = await EmbeddedBroker.StartAsync(Options());
        var refused = new TaskCompletionSource<Error>(TaskCreationOptions.RunContinuationsAsynchronously);
        var config = new ProducerConfig { BootstrapServers = broker.BootstrapServers };
        Secure(config, mechanism, "wrong");

        using var producer = new ProducerBuilder<string, string>(config)
            .SetErrorHandler((_, error) => { if (error.Code == Confluent.Kafka.ErrorCode.Local_Authentication) refused.TrySetResult(error); })
            .Build();

        (await refused.Task.WaitAsync(Client.Patience)).Reason.Should().Contain("wrong password");
    }

    private static BrokerOptions Options() => new()
    {
        Address = IPAddress.Any,
        AdvertisedHost = "127.0.0.1",
        Certificate = Certificate,
        Users = new Dictionary<string, string> { ["user"] = "right" },
    };

    private static void Secure(ClientConfig config, SaslMechanism mechanism, string password)
    {
        config.SecurityProtocol = SecurityProtocol.SaslSsl;
        config.SslCaPem = Certificate.ExportCertificatePem();
        config.SslEndpointIdentificationAlgorithm = SslEndpointIdentificationAlgorithm.None;
        config.SaslMechanism = mechanism;
        config.SaslUsername = "user";
        config.SaslPassword = password;
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
