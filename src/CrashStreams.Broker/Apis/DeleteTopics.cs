using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Deletes topics by name, or by id since version 6.</summary>
internal static class DeleteTopics
{
    private const short TopicIdVersion = 6;

    public static DeleteTopicsResponse Handle(DeleteTopicsRequest request, short version, TopicCatalog topics)
    {
        var wanted = version >= TopicIdVersion
            ? request.Topics
            : request.TopicNames.ConvertAll(name => new DeleteTopicsRequest.DeleteTopicState { Name = name });
        return new DeleteTopicsResponse { Responses = wanted.ConvertAll(topic => Delete(topic, topics)) };
    }

    private static DeleteTopicsResponse.DeletableTopicResult Delete(DeleteTopicsRequest.DeleteTopicState wanted, TopicCatalog topics)
    {
        var topic = wanted.Name is null ? topics.Find(wanted.TopicId) : topics.Find(wanted.Name);
        if (topic is null)
            return new()
            {
                Name = wanted.Name,
                TopicId = wanted.TopicId,
                ErrorCode = wanted.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition,
                ErrorMessage = "There is no such topic.",
            };
        try
        {
            topics.Delete(topic);
            return new() { Name = topic.Name, TopicId = topic.Id };
        }
        catch (IOException failed)
        {
            return new() { Name = topic.Name, TopicId = topic.Id, ErrorCode = ErrorCode.KafkaStorageError, ErrorMessage = $"The deletion could not be stored: {failed.Message}" };
        }
    }
}
