using System.Net;

namespace CrashStreams.Broker.Tests;

public class BrokerOptionsTests
{
    [Fact]
    public async Task A_broker_that_others_can_reach_must_know_its_users_and_encrypt()
    {
        var start = () => EmbeddedBroker.StartAsync(new BrokerOptions { Address = IPAddress.Any });

        (await start.Should().ThrowAsync<ArgumentException>()).WithMessage("*Certificate*Users*");
    }

    [Fact]
    public async Task All_problems_are_named_at_once()
    {
        var start = () => EmbeddedBroker.StartAsync(new BrokerOptions { Port = -1, DefaultPartitions = 0 });

        (await start.Should().ThrowAsync<ArgumentException>()).WithMessage("*Port*DefaultPartitions*");
    }

    [Fact]
    public async Task Two_brokers_do_not_share_a_data_directory()
    {
        var directory = Directory.CreateTempSubdirectory("crashstreams");
        await using (await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory.FullName }))
        {
            var second = () => EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory.FullName });
            await second.Should().ThrowAsync<IOException>();
        }
        directory.Delete(recursive: true);
    }
}
