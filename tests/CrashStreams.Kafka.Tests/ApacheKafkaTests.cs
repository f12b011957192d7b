namespace CrashStreams.Kafka.Tests;

public sealed class Log_on_Apache_Kafka(ApacheKafkaFixture fixture) : LogContractTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}

public sealed class Groups_on_Apache_Kafka(ApacheKafkaFixture fixture) : GroupContractTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}

public sealed class Classic_groups_on_Apache_Kafka(ApacheKafkaFixture fixture) : GroupContractTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
    protected override GroupProtocol Protocol => GroupProtocol.Classic;
}

public sealed class Transactions_on_Apache_Kafka(ApacheKafkaFixture fixture) : TransactionContractTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}

public sealed class Transactions_of_classic_groups_on_Apache_Kafka(ApacheKafkaFixture fixture) : TransactionContractTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
    protected override GroupProtocol Protocol => GroupProtocol.Classic;
}

public sealed class Admin_on_Apache_Kafka(ApacheKafkaFixture fixture) : AdminContractTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
