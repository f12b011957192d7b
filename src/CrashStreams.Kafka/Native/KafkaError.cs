using System.Runtime.InteropServices;
using CrashStreams.Log;
using static CrashStreams.Kafka.Native.ErrorCode;

namespace CrashStreams.Kafka.Native;

/// <summary>Turns librdkafka's errors into <see cref="LogException"/>.</summary>
internal static unsafe class KafkaError
{
    public static string Text(ErrorCode code) => $"{Marshal.PtrToStringUTF8((nint)Librdkafka.rd_kafka_err2str(code))} ({(int)code})";

    public static LogException Exception(ErrorCode code, string what, string? detail = null, bool fatal = false) =>
        new($"{what} failed: {detail ?? Text(code)}{Remedy(code)}")
        {
            IsFatal = fatal || code == LocalFatal,
            IsFenced = IsFenced(code),
            IsRetriable = IsRetriable(code),
        };

    public static void ThrowIf(ErrorCode code, string what)
    {
        if (code != NoError)
            throw Exception(code, what);
    }

    /// <summary>Throws for an <c>rd_kafka_error_t</c>, which it frees; zero means success.</summary>
    public static void ThrowIf(nint error, string what)
    {
        if (error != 0)
            throw Take(error, what);
    }

    public static LogException Take(nint error, string what)
    {
        var code = Librdkafka.rd_kafka_error_code(error);
        var fatal = Librdkafka.rd_kafka_error_is_fatal(error) != 0;
        var text = Marshal.PtrToStringUTF8((nint)Librdkafka.rd_kafka_error_string(error));
        var retriable = Librdkafka.rd_kafka_error_is_retriable(error) != 0;
        Librdkafka.rd_kafka_error_destroy(error);
        return new LogException($"{what} failed: {text} ({(int)code}){Remedy(code)}")
        {
            IsFatal = fatal,
            IsFenced = IsFenced(code),
            IsRetriable = (retriable && !fatal) || IsRetriable(code),
        };
    }

    public static bool IsFenced(ErrorCode code) => ErrorTable.KindOf(code) == ErrorKind.Fenced;

    public static bool IsRetriable(ErrorCode code) => ErrorTable.KindOf(code) == ErrorKind.Passing;

    /// <summary>
    /// What a broker refuses with a code that sending again does not change. A batch is refused as a whole: for size, time or a missing key of one of its records, or by a
    /// policy that only the cluster knows.
    /// </summary>
    public static LogRefusal Refusal(ErrorCode code) => code switch
    {
        InvalidTopic or TopicAuthorizationFailed => LogRefusal.Topic,
        UnknownServerError or CorruptMessage or MessageTooLarge or RecordListTooLarge or InvalidTimestamp or InvalidRequest or UnsupportedForMessageFormat
            or PolicyViolation or UnsupportedCompressionType or InvalidRecord => LogRefusal.Records,
        _ => LogRefusal.None,
    };

    private static string Remedy(ErrorCode code) => code switch
    {
        LocalUnknownTopic or UnknownTopicOrPartition => ". Create the topic, or check its name and the cluster.",
        LocalTransport or LocalAllBrokersDown or LocalResolve or LocalTimedOut or LocalTimedOutQueue => ". Is the broker up, and are BootstrapServers and the security settings right?",
        LocalAuthentication or SaslAuthenticationFailed or UnsupportedSaslMechanism => ". Check the user, the password and sasl.mechanism.",
        LocalSsl => ". Check security.protocol and the certificates on both sides.",
        GroupAuthorizationFailed or ClusterAuthorizationFailed or TransactionalIdAuthorizationFailed or TopicAuthorizationFailed => ". Give the application's user the permission.",
        LocalFenced or ProducerFenced or InvalidProducerEpoch => ". A newer producer with the same transactional id has taken over.",
        FencedInstanceId => ". Another running instance has the same GroupInstanceId: give each its own.",
        UnreleasedInstanceId => ". An instance with the same GroupInstanceId runs already, or has ended and its session has not.",
        InconsistentGroupProtocol => ". The group has members that are not of this application's kind: stop them, or use another application id.",
        GroupMaxSizeReached => ". Raise the broker's group.max.size or run fewer threads.",
        _ => "",
    };
}
