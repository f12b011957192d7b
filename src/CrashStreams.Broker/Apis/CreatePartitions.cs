using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Adds partitions to topics.</summary>
internal static class CreatePartitions
{
    public static CreatePartitionsResponse Handle(CreatePartitionsRequest request, BrokerCore core)
    {
        var repeated = new Repeated<string>(request.Topics.Select(topic => topic.Name));
        return new() { Results = request.Topics.ConvertAll(Grown) };

        CreatePartitionsResponse.CreatePartitionsTopicResult Grown(CreatePartitionsRequest.CreatePartitionsTopic topic)
        {
            var (error, message) = repeated.Contains(topic.Name) ? (ErrorCode.InvalidRequest, "Duplicate topic name.") : Grow(topic, request.ValidateOnly, core);
            return new CreatePartitionsResponse.CreatePartitionsTopicResult { Name = topic.Name, ErrorCode = error, ErrorMessage = message };
        }
    }

    private static (ErrorCode, string?) Grow(CreatePartitionsRequest.CreatePartitionsTopic wanted, bool validateOnly, BrokerCore core)
    {
        if (core.Topics.Find(wanted.Name) is not { } topic)
            return (ErrorCode.UnknownTopicOrPartition, "There is no such topic.");
        var added = wanted.Count - topic.Partitions.Count;
        if (added <= 0 || wanted.Count > core.Options.MaxPartitionsPerTopic)
            return (ErrorCode.InvalidPartitions,
                $"The topic has {topic.Partitions.Count} partitions; the new number must be higher and at most {core.Options.MaxPartitionsPerTopic}, and is {wanted.Count}.");
        if (!core.HasRoomFor(added))
            return (ErrorCode.InvalidPartitions, $"The broker has {core.Topics.PartitionCount} partitions; {added} more would be above its limit of {core.Options.MaxPartitions}.");
        if (wanted.Assignments is { } assignments && (assignments.Count != added || assignments.Exists(assignment => assignment.BrokerIds is not [var only] || only != core.Node.Id)))
            return (ErrorCode.InvalidReplicaAssignment, $"Each of the {added} new partitions must be assigned to broker {core.Node.Id}, the only one.");
        if (!validateOnly)
            core.Topics.AddPartitions(topic, wanted.Count);
        return (ErrorCode.None, null);
    }
}
