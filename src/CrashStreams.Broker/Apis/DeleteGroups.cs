using CrashStreams.Broker.Groups;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Deletes groups without members, and their offsets.</summary>
internal static class DeleteGroups
{
    public static DeleteGroupsResponse Handle(DeleteGroupsRequest request, GroupCoordinator groups) => new()
    {
        Results = request.GroupsNames.ConvertAll(id => new DeleteGroupsResponse.DeletableGroupResult { GroupId = id, ErrorCode = groups.Delete(id) }),
    };
}
