namespace CrashStreams;

/// <summary>The names of a foreign-key join's nodes, topics and store, drawn in Kafka Streams' order.</summary>
internal sealed class ForeignKeyJoinNames
{
    private const string Prefix = "KTABLE-FK-JOIN-";

    public ForeignKeyJoinNames(BuilderState builder, string? name)
    {
        string Draw(string suffix, string prefix) => builder.Name(name is null ? null : name + suffix, prefix);
        RegistrationTopic = Draw("-subscription-registration", $"{Prefix}SUBSCRIPTION-REGISTRATION") + "-topic";
        Send = Draw("-subscription-registration-processor", $"{Prefix}SUBSCRIPTION-REGISTRATION");
        RegistrationSink = Draw("-subscription-registration-sink", "KSTREAM-SINK");
        RegistrationSource = Draw("-subscription-registration-source", "KSTREAM-SOURCE");
        Store = Draw("-subscription-store", $"{Prefix}SUBSCRIPTION-STATE-STORE");
        Receive = Draw("-subscription-receive", $"{Prefix}SUBSCRIPTION-PROCESSOR");
        Join = Draw("-subscription-join-foreign", $"{Prefix}SUBSCRIPTION-PROCESSOR");
        ForeignJoin = Draw("-foreign-join-subscription", $"{Prefix}SUBSCRIPTION-PROCESSOR");
        ResponseTopic = Draw("-subscription-response", $"{Prefix}SUBSCRIPTION-RESPONSE") + "-topic";
        ResponseSink = Draw("-subscription-response-sink", "KSTREAM-SINK");
        ResponseSource = Draw("-subscription-response-source", "KSTREAM-SOURCE");
        Resolver = Draw("-subscription-response-resolver", $"{Prefix}SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR");
        Result = Draw("-result", $"{Prefix}OUTPUT");
    }

    public string RegistrationTopic { get; }

    public string Send { get; }

    public string RegistrationSink { get; }

    public string RegistrationSource { get; }

    public string Store { get; }

    public string Receive { get; }

    public string Join { get; }

    public string ForeignJoin { get; }

    public string ResponseTopic { get; }

    public string ResponseSink { get; }

    public string ResponseSource { get; }

    public string Resolver { get; }

    public string Result { get; }
}
