using CrashStreams.Broker.Groups;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Deletes groups without members, and their offsets.</summary>
internal static class DeleteGroups
{
    public static IEnumerable<DeleteGroupsResponse?> Handle(DeleteGroupsRequest request, GroupCoordinator groups)
    {
        var response = new DeleteGroupsResponse();
        foreach (var id in request.GroupsNames.Distinct())
        {
            response.Results.Add(new() { GroupId = id, ErrorCode = groups.Delete(id) });
            yield return null;
        }
        yield return response;
    }
}
