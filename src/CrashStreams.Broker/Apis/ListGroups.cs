using CrashStreams.Broker.Groups;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>All groups, or those in certain states or of certain types (in any case).</summary>
internal static class ListGroups
{
    public static ListGroupsResponse Handle(ListGroupsRequest request, GroupCoordinator groups) => new()
    {
        Groups =
        [
            .. groups.Groups
                .Where(group => IsWanted(request.StatesFilter, group.Membership.StateName) && IsWanted(request.TypesFilter, group.Membership.GroupType))
                .Select(group => new ListGroupsResponse.ListedGroup
                {
                    GroupId = group.Id,
                    ProtocolType = group.Membership.ProtocolType,
                    GroupState = group.Membership.StateName,
                    GroupType = group.Membership.GroupType,
                }),
        ],
    };

    private static bool IsWanted(List<string> filter, string value) => filter.Count == 0 || filter.Contains(value, StringComparer.OrdinalIgnoreCase);
}
