using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Creates topics, or checks whether it could.</summary>
internal static class CreateTopics
{
    private const int UseDefault = -1;

    /// <summary>What all configs of a topic take in an answer, about.</summary>
    private const int ConfigsBytes = 1024;

    /// <summary>The same of all topics of a request: those of a thousand.</summary>
    private const int AllConfigsBytes = 1024 * 1024;

    private static readonly List<CreateTopicsResponse.CreatableTopicConfigs> s_defaults = Configs(TopicConfigs.None);

    public static IEnumerable<CreateTopicsResponse?> Handle(CreateTopicsRequest request, BrokerCore core, StepWaits waits)
    {
        var repeated = new Repeated<string>(request.Topics.Select(topic => topic.Name));
        var response = new CreateTopicsResponse();
        var budget = new AnswerBudget(AllConfigsBytes);
        foreach (var topic in request.Topics.DistinctBy(topic => topic.Name))
        {
            if (repeated.Contains(topic.Name))
                response.Topics.Add(Refuse(topic, ErrorCode.InvalidRequest, "The topic is named more than once in the request."));
            else if (Check(topic, core, out var partitions, out var configs) is { } refusal)
                response.Topics.Add(refusal);
            else if (request.ValidateOnly)
                response.Topics.Add(Accept(topic, Guid.Empty, partitions, configs, budget));
            else
            {
                var created = waits.For<CreateTopicsResponse.CreatableTopicResult>(answer => Create(topic, partitions, configs, core, budget, answer));
                yield return null;
                response.Topics.Add(created.Result);
            }
            yield return null;
        }
        yield return response;
    }

    private static void Create(
        CreateTopicsRequest.CreatableTopic wanted, int partitions, TopicConfigs configs, BrokerCore core, AnswerBudget budget, Action<CreateTopicsResponse.CreatableTopicResult> answer) =>
        core.Topics.Create(wanted.Name, partitions, configs, (topic, failure) => answer(topic is null
            ? Refuse(wanted, ErrorCode.KafkaStorageError, $"The topic could not be stored: {failure!.Message}")
            : Accept(wanted, topic.Id, partitions, configs, budget)));

    /// <summary>What is wrong with a topic; null when it can be created, as the other values say.</summary>
    private static CreateTopicsResponse.CreatableTopicResult? Check(CreateTopicsRequest.CreatableTopic wanted, BrokerCore core, out int partitions, out TopicConfigs configs)
    {
        configs = TopicConfigs.None;
        partitions = wanted.NumPartitions == UseDefault ? core.Options.DefaultPartitions : wanted.NumPartitions;
        if (!TopicName.IsValid(wanted.Name))
            return Refuse(wanted, ErrorCode.InvalidTopicException, TopicName.Rule);
        if (TopicName.IsReserved(wanted.Name))
            return Refuse(wanted, ErrorCode.InvalidTopicException, TopicName.ReservedRule);
        if (core.Topics.IsTaken(wanted.Name))
            return Refuse(wanted, ErrorCode.TopicAlreadyExists, $"Topic '{wanted.Name}' already exists.");
        if (wanted.Assignments.Count > 0)
        {
            if (CheckAssignments(wanted, core.Node.Id) is { } badAssignment)
                return Refuse(wanted, ErrorCode.InvalidReplicaAssignment, badAssignment);
            partitions = wanted.Assignments.Count;
        }
        else if (wanted.ReplicationFactor is not (UseDefault or 1))
            return Refuse(wanted, ErrorCode.InvalidReplicationFactor, $"Replication factor is {wanted.ReplicationFactor}; there is one broker.");
        if (partitions < 1 || partitions > core.Options.MaxPartitionsPerTopic)
            return Refuse(wanted, ErrorCode.InvalidPartitions, $"The number of partitions must be from 1 to {core.Options.MaxPartitionsPerTopic}; it is {partitions}.");
        if (!core.HasRoomFor(partitions))
            return Refuse(wanted, ErrorCode.InvalidPartitions, $"The broker has {core.Topics.PartitionCount} partitions; {partitions} more would be above its limit of {core.Options.MaxPartitions}.");
        var checkedConfigs = TopicConfigs.TryCreate(wanted.Configs.Select(config => KeyValuePair.Create(config.Name, config.Value)), out var problem);
        if (checkedConfigs is null)
            return Refuse(wanted, ErrorCode.InvalidConfig, problem);
        configs = checkedConfigs;
        return null;
    }

    /// <summary>Beyond the budget, clients are not told the configs of further topics: they can describe them.</summary>
    private static CreateTopicsResponse.CreatableTopicResult Accept(CreateTopicsRequest.CreatableTopic wanted, Guid id, int partitions, TopicConfigs configs, AnswerBudget budget) => new()
    {
        Name = wanted.Name,
        TopicId = id,
        ErrorMessage = null,
        NumPartitions = partitions,
        ReplicationFactor = 1,
        Configs = !budget.TryTake(ConfigsBytes + AnswerBudget.Size(wanted.Name)) ? null : configs.Set.Count == 0 ? s_defaults : Configs(configs),
    };

    private static List<CreateTopicsResponse.CreatableTopicConfigs> Configs(TopicConfigs configs) =>
    [
        .. TopicConfigKeys.All.Select(key => new CreateTopicsResponse.CreatableTopicConfigs
        {
            Name = key.Name,
            Value = configs.ValueOf(key),
            ConfigSource = ConfigSource.Of(key, configs),
        }),
    ];

    private static string? CheckAssignments(CreateTopicsRequest.CreatableTopic wanted, int nodeId)
    {
        if (wanted.NumPartitions != UseDefault || wanted.ReplicationFactor != UseDefault)
            return "With assignments, the number of partitions and the replication factor must be -1.";
        var indexes = wanted.Assignments.Select(assignment => assignment.PartitionIndex).Order();
        if (!indexes.SequenceEqual(Enumerable.Range(0, wanted.Assignments.Count)))
            return "The assigned partitions must be numbered from 0 on without a gap.";
        return wanted.Assignments.All(assignment => assignment.BrokerIds is [var only] && only == nodeId)
            ? null
            : $"Every partition must be assigned to broker {nodeId}, the only one.";
    }

    private static CreateTopicsResponse.CreatableTopicResult Refuse(CreateTopicsRequest.CreatableTopic wanted, ErrorCode error, string? message) =>
        new() { Name = wanted.Name, ErrorCode = error, ErrorMessage = message };
}
