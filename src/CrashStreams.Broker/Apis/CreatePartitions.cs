using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Adds partitions to topics.</summary>
internal static class CreatePartitions
{
    public static void Handle(CreatePartitionsRequest request, BrokerCore core, Action<CreatePartitionsResponse?> reply)
    {
        var repeated = new Repeated<string>(request.Topics.Select(topic => topic.Name));
        InTurn.Do<CreatePartitionsRequest.CreatePartitionsTopic, CreatePartitionsResponse.CreatePartitionsTopicResult>(
            request.Topics, core.Timers,
            (topic, answer) =>
            {
                if (repeated.Contains(topic.Name))
                    Answer(topic, answer, ErrorCode.InvalidRequest, "Duplicate topic name.");
                else
                    Grow(topic, request.ValidateOnly, core, (error, message) => Answer(topic, answer, error, message));
            },
            results => reply(new CreatePartitionsResponse { Results = results }));
    }

    private static void Answer(
        CreatePartitionsRequest.CreatePartitionsTopic topic, Action<CreatePartitionsResponse.CreatePartitionsTopicResult> answer, ErrorCode error, string? message) =>
        answer(new() { Name = topic.Name, ErrorCode = error, ErrorMessage = message });

    private static void Grow(CreatePartitionsRequest.CreatePartitionsTopic wanted, bool validateOnly, BrokerCore core, Action<ErrorCode, string?> answer)
    {
        var (error, message) = Check(wanted, core);
        if (error != ErrorCode.None || validateOnly)
            answer(error, message);
        else
            core.Topics.AddPartitions(core.Topics.Find(wanted.Name)!, wanted.Count, failure =>
                answer(failure is null ? ErrorCode.None : ErrorCode.KafkaStorageError, failure is null ? null : $"The partitions could not be stored: {failure.Message}"));
    }

    private static (ErrorCode, string?) Check(CreatePartitionsRequest.CreatePartitionsTopic wanted, BrokerCore core)
    {
        if (core.Topics.Find(wanted.Name) is not { } topic)
            return (ErrorCode.UnknownTopicOrPartition, "There is no such topic.");
        if (topic.IsGrowing)
            return (ErrorCode.InvalidRequest, "Partitions are being added to the topic already.");
        var added = wanted.Count - topic.Partitions.Count;
        if (added <= 0 || wanted.Count > core.Options.MaxPartitionsPerTopic)
            return (ErrorCode.InvalidPartitions,
                $"The topic has {topic.Partitions.Count} partitions; the new number must be higher and at most {core.Options.MaxPartitionsPerTopic}, and is {wanted.Count}.");
        if (!core.HasRoomFor(added))
            return (ErrorCode.InvalidPartitions, $"The broker has {core.Topics.PartitionCount} partitions; {added} more would be above its limit of {core.Options.MaxPartitions}.");
        if (wanted.Assignments is { } assignments && (assignments.Count != added || assignments.Exists(assignment => assignment.BrokerIds is not [var only] || only != core.Node.Id)))
            return (ErrorCode.InvalidReplicaAssignment, $"Each of the {added} new partitions must be assigned to broker {core.Node.Id}, the only one.");
        return (ErrorCode.None, null);
    }
}
