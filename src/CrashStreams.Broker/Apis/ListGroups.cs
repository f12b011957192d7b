using CrashStreams.Broker.Groups;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>All groups, or those in certain states or of certain types (in any case).</summary>
internal static class ListGroups
{
    public static ListGroupsResponse Handle(ListGroupsRequest request, GroupCoordinator groups, AnswerBudget budget)
    {
        var states = request.StatesFilter.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var types = request.TypesFilter.ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new()
        {
            Groups =
            [
                .. groups.Groups
                    .Where(group => IsWanted(states, group.Membership.StateName) && IsWanted(types, group.Membership.GroupType))
                    .TakeWhile(group => budget.TryTake(AnswerBudget.Size(group.Id) + AnswerBudget.Size(group.Membership.ProtocolType)))
                    .Select(group => new ListGroupsResponse.ListedGroup
                    {
                        GroupId = group.Id,
                        ProtocolType = group.Membership.ProtocolType,
                        GroupState = group.Membership.StateName,
                        GroupType = group.Membership.GroupType,
                    }),
            ],
        };
    }

    private static bool IsWanted(HashSet<string> filter, string value) => filter.Count == 0 || filter.Contains(value);
}
