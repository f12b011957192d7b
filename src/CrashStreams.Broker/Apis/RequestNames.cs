using CrashStreams.Broker.Topics;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>What belongs to somebody and is named by a request: topics (by name or by id), groups, transactional ids.</summary>
/// <param name="Topics">Null among them: an id that no topic has, which is answered with an error of its own.</param>
/// <param name="Groups">Consumer groups.</param>
/// <param name="Transactions">Transactional ids.</param>
internal readonly record struct RequestNames(IEnumerable<string?> Topics, IEnumerable<string> Groups, IEnumerable<string> Transactions)
{
    /// <summary>Null for requests of which it isn't known here: they are for users who may do everything.</summary>
    public static RequestNames? Of(object request, TopicCatalog topics)
    {
        return request switch
        {
            PreparedProduce produce => OfTopics(produce.Request.TopicData.Select(topic => Name(topic.Name, topic.TopicId))) with { Transactions = Optional(produce.Request.TransactionalId) },
            FetchRequest fetch => OfTopics(fetch.Topics.Select(topic => Name(topic.Topic, topic.TopicId))),
            ListOffsetsRequest list => OfTopics(list.Topics.Select(topic => topic.Name)),
            OffsetForLeaderEpochRequest epoch => OfTopics(epoch.Topics.Select(topic => topic.Topic)),
            DeleteRecordsRequest delete => OfTopics(delete.Topics.Select(topic => topic.Name)),
            MetadataRequest metadata => OfTopics((metadata.Topics ?? []).Select(topic => Name(topic.Name, topic.TopicId))),
            CreateTopicsRequest create => OfTopics(create.Topics.Select(topic => topic.Name)),
            DeleteTopicsRequest delete => OfTopics(delete.TopicNames.Concat(delete.Topics.Select(topic => Name(topic.Name, topic.TopicId)))),
            CreatePartitionsRequest create => OfTopics(create.Topics.Select(topic => topic.Name)),
            DescribeConfigsRequest describe => OfTopics(describe.Resources.Where(resource => resource.ResourceType == DescribeConfigs.TopicResource).Select(resource => resource.ResourceName)),
            AlterConfigsRequest alter => OfTopics(alter.Resources.Select(resource => resource.ResourceName)),
            IncrementalAlterConfigsRequest alter => OfTopics(alter.Resources.Select(resource => resource.ResourceName)),
            DescribeTopicPartitionsRequest describe => OfTopics(describe.Topics.Select(topic => topic.Name)),
            DescribeProducersRequest describe => OfTopics(describe.Topics.Select(topic => topic.Name)),
            OffsetCommitRequest commit => OfTopics(commit.Topics.Select(topic => Name(topic.Name, topic.TopicId))) with { Groups = [commit.GroupId] },
            OffsetDeleteRequest delete => OfTopics(delete.Topics.Select(topic => topic.Name)) with { Groups = [delete.GroupId] },
            // The group of the versions for one, or those of the versions for many.
            OffsetFetchRequest { Groups: [] } fetch => OfTopics((fetch.Topics ?? []).Select(topic => topic.Name)) with { Groups = [fetch.GroupId] },
            OffsetFetchRequest fetch => OfTopics(fetch.Groups.SelectMany(group => group.Topics ?? []).Select(topic => Name(topic.Name, topic.TopicId))) with { Groups = fetch.Groups.Select(group => group.GroupId) },
            FindCoordinatorRequest find => OfCoordinators(find),
            JoinGroupRequest join => OfGroups(join.GroupId),
            SyncGroupRequest sync => OfGroups(sync.GroupId),
            HeartbeatRequest heartbeat => OfGroups(heartbeat.GroupId),
            LeaveGroupRequest leave => OfGroups(leave.GroupId),
            ConsumerGroupHeartbeatRequest heartbeat => OfTopics(heartbeat.SubscribedTopicNames ?? []) with { Groups = [heartbeat.GroupId] },
            DescribeGroupsRequest describe => OfGroups([.. describe.Groups]),
            ConsumerGroupDescribeRequest describe => OfGroups([.. describe.GroupIds]),
            DeleteGroupsRequest delete => OfGroups([.. delete.GroupsNames]),
            InitProducerIdRequest init => OfTransactions(Optional(init.TransactionalId)),
            AddPartitionsToTxnRequest { Transactions: [] } add => OfTopics(add.V3AndBelowTopics.Select(topic => topic.Name)) with { Transactions = [add.V3AndBelowTransactionalId] },
            AddPartitionsToTxnRequest add => OfTopics(add.Transactions.SelectMany(transaction => transaction.Topics).Select(topic => topic.Name)) with
            {
                Transactions = add.Transactions.Select(transaction => transaction.TransactionalId),
            },
            AddOffsetsToTxnRequest add => OfTransactions([add.TransactionalId]) with { Groups = [add.GroupId] },
            EndTxnRequest end => OfTransactions([end.TransactionalId]),
            TxnOffsetCommitRequest commit => OfTopics(commit.Topics.Select(topic => topic.Name)) with { Groups = [commit.GroupId], Transactions = [commit.TransactionalId] },
            DescribeTransactionsRequest describe => OfTransactions(describe.TransactionalIds),
            // What these ask for in general is left out of the answers.
            ApiVersionsRequest or DescribeClusterRequest or DescribeLogDirsRequest or ListGroupsRequest or ListTransactionsRequest or ListPartitionReassignmentsRequest => OfTopics([]),
            _ => null,
        };

        string? Name(string? name, Guid id) => id == Guid.Empty ? name : topics.Find(name, id)?.Name;
    }

    private static RequestNames OfTopics(IEnumerable<string?> topics) => new(topics, [], []);

    private static RequestNames OfGroups(params string[] groups) => new([], groups, []);

    private static RequestNames OfTransactions(IEnumerable<string> transactions) => new([], [], transactions);

    private static IEnumerable<string> Optional(string? transactionalId) => transactionalId is null ? [] : [transactionalId];

    private static RequestNames OfCoordinators(FindCoordinatorRequest find)
    {
        string[] keys = find.CoordinatorKeys is [] ? [find.Key] : [.. find.CoordinatorKeys];
        return find.KeyType == FindCoordinator.Transaction ? OfTransactions(keys) : OfGroups(keys);
    }
}
