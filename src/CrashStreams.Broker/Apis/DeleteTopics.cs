using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Deletes topics by name, or by id since version 6.</summary>
internal static class DeleteTopics
{
    private const short TopicIdVersion = 6;

    public static IEnumerable<DeleteTopicsResponse?> Handle(DeleteTopicsRequest request, short version, TopicCatalog topics, StepWaits waits)
    {
        var wanted = version >= TopicIdVersion
            ? request.Topics
            : request.TopicNames.ConvertAll(name => new DeleteTopicsRequest.DeleteTopicState { Name = name });
        // By name and by id at once as well: a topic is deleted by the first, and is not there for the second.
        var repeated = new Repeated<(string?, Guid)>(wanted.Select(topic => (topic.Name, topic.TopicId)));
        var response = new DeleteTopicsResponse();
        foreach (var topic in wanted)
        {
            var deleted = waits.For<DeleteTopicsResponse.DeletableTopicResult>(answer =>
            {
                if (repeated.Contains((topic.Name, topic.TopicId)))
                    answer(new() { Name = topic.Name, TopicId = topic.TopicId, ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = "The topic is named more than once." });
                else
                    Delete(topic, topics, answer);
            });
            yield return null;
            response.Responses.Add(deleted.Result);
        }
        yield return response;
    }

    private static void Delete(DeleteTopicsRequest.DeleteTopicState wanted, TopicCatalog topics, Action<DeleteTopicsResponse.DeletableTopicResult> answer)
    {
        if (wanted.Name is not null && wanted.TopicId != Guid.Empty)
            answer(new() { Name = wanted.Name, TopicId = wanted.TopicId, ErrorCode = ErrorCode.InvalidRequest, ErrorMessage = "A topic is named by its name or by its id, not by both." });
        else if (topics.Find(wanted.Name, wanted.TopicId) is not { IsBeingDeleted: false } topic)
            answer(new()
            {
                Name = wanted.Name,
                TopicId = wanted.TopicId,
                ErrorCode = wanted.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition,
                ErrorMessage = "There is no such topic.",
            });
        else
            topics.Delete(topic, failure => answer(failure is null
                ? new() { Name = topic.Name, TopicId = topic.Id }
                : new() { Name = topic.Name, TopicId = topic.Id, ErrorCode = ErrorCode.KafkaStorageError, ErrorMessage = $"The deletion could not be stored: {failure.Message}" }));
    }
}
