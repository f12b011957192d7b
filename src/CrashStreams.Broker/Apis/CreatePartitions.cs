using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Adds partitions to topics.</summary>
internal static class CreatePartitions
{
    public static IEnumerable<CreatePartitionsResponse?> Handle(CreatePartitionsRequest request, BrokerCore core, StepWaits waits)
    {
        var repeated = new Repeated<string>(request.Topics.Select(topic => topic.Name));
        var response = new CreatePartitionsResponse();
        foreach (var topic in request.Topics)
        {
            var grown = waits.For<(ErrorCode Error, string? Message)>(answer =>
            {
                if (repeated.Contains(topic.Name))
                    answer((ErrorCode.InvalidRequest, "Duplicate topic name."));
                else
                    Grow(topic, request.ValidateOnly, core, answer);
            });
            yield return null;
            response.Results.Add(new() { Name = topic.Name, ErrorCode = grown.Result.Error, ErrorMessage = grown.Result.Message });
        }
        yield return response;
    }

    private static void Grow(CreatePartitionsRequest.CreatePartitionsTopic wanted, bool validateOnly, BrokerCore core, Action<(ErrorCode Error, string? Message)> answer)
    {
        var refusal = Check(wanted, core);
        if (refusal.Error != ErrorCode.None || validateOnly)
            answer(refusal);
        else
            core.Topics.AddPartitions(core.Topics.Find(wanted.Name)!, wanted.Count, failure =>
                answer(failure is null ? default : (ErrorCode.KafkaStorageError, $"The partitions could not be stored: {failure.Message}")));
    }

    private static (ErrorCode Error, string? Message) Check(CreatePartitionsRequest.CreatePartitionsTopic wanted, BrokerCore core)
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
