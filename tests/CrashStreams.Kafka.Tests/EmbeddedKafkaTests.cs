namespace CrashStreams.Kafka.Tests;

public sealed class Log_on_the_embedded_broker(EmbeddedKafka broker) : LogContractTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Groups_on_the_embedded_broker(EmbeddedKafka broker) : GroupContractTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Classic_groups_on_the_embedded_broker(EmbeddedKafka broker) : GroupContractTests
{
    protected override IKafkaBroker Broker => broker;
    protected override GroupProtocol Protocol => GroupProtocol.Classic;
}

public sealed class Transactions_on_the_embedded_broker(EmbeddedKafka broker) : TransactionContractTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Transactions_of_classic_groups_on_the_embedded_broker(EmbeddedKafka broker) : TransactionContractTests
{
    protected override IKafkaBroker Broker => broker;
    protected override GroupProtocol Protocol => GroupProtocol.Classic;
}

public sealed class Admin_on_the_embedded_broker(EmbeddedKafka broker) : AdminContractTests
{
    protected override IKafkaBroker Broker => broker;
}
