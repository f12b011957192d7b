using CrashStreams.Broker.Groups;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>All groups, or those in certain states or of certain types (in any case).</summary>
internal static class ListGroups
{
    public static IEnumerable<ListGroupsResponse?> Handle(ListGroupsRequest request, GroupCoordinator groups, AnswerBudget budget)
    {
        var states = request.StatesFilter.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var types = request.TypesFilter.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var response = new ListGroupsResponse();
        foreach (var some in groups.Groups.ToArray().Chunk(Steps.Elements))
        {
            foreach (var group in some.Where(group => IsWanted(states, group.Membership.StateName) && IsWanted(types, group.Membership.GroupType)))
            {
                if (!budget.TryTake(AnswerBudget.Size(group.Id) + AnswerBudget.Size(group.Membership.ProtocolType)))
                    break;
                response.Groups.Add(new()
                {
                    GroupId = group.Id,
                    ProtocolType = group.Membership.ProtocolType,
                    GroupState = group.Membership.StateName,
                    GroupType = group.Membership.GroupType,
                });
            }
            yield return null;
        }
        yield return response;
    }

    private static bool IsWanted(HashSet<string> filter, string value) => filter.Count == 0 || filter.Contains(value);
}
