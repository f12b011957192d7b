namespace CrashStreams.Kafka.Tests.Fetching;

// The other tests of a log are run with the library's own fetching; here librdkafka fetches, as it does where connections are not plain.
public sealed class Log_fetched_by_librdkafka(EmbeddedKafka broker) : LogContractTests
{
    protected override IKafkaBroker Broker => broker;
    protected override FetchPath Fetching => FetchPath.Librdkafka;
}

public sealed class Groups_fetched_by_librdkafka(EmbeddedKafka broker) : GroupContractTests
{
    protected override IKafkaBroker Broker => broker;
    protected override FetchPath Fetching => FetchPath.Librdkafka;
}

public sealed class Transactions_fetched_by_librdkafka(EmbeddedKafka broker) : TransactionContractTests
{
    protected override IKafkaBroker Broker => broker;
    protected override FetchPath Fetching => FetchPath.Librdkafka;
}

public sealed class Stale_answers_to_librdkafka : StaleAnswerTests
{
    protected override FetchPath Fetching => FetchPath.Librdkafka;
}
