using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>Small questions with large answers: the widest topic, named again and again.</summary>
internal sealed class RepeatedTopic(int times = 4000)
    : Attack("metadata", $"Metadata, DescribeConfigs and OffsetFetch that name the widest topic {times} times")
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        await AskAsync<MetadataRequest, MetadataResponse>(client, Metadata(), 9, stop);
        await AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(client, new() { IncludeSynonyms = true, Resources = Repeat(() => new DescribeConfigsRequest.DescribeConfigsResource { ResourceType = 2, ResourceName = Target.Wide }) }, 4, stop);
        await AskAsync<DescribeGroupsRequest, DescribeGroupsResponse>(client, new() { Groups = Repeat(() => "crowd") }, 5, stop);
        await AskAsync<DescribeProducersRequest, DescribeProducersResponse>(client, new() { Topics = Repeat(() => new DescribeProducersRequest.TopicRequest { Name = Target.Narrow, PartitionIndexes = [0] }) }, 0, stop);
    }

    public MetadataRequest Metadata() => new() { Topics = Repeat(() => new MetadataRequest.MetadataRequestTopic { Name = Target.Wide }) };

    private static async Task AskAsync<TRequest, TResponse>(AttackClient client, TRequest request, short version, CancellationToken stop)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse>
    {
        await client.SendAsync(request, version, stop);
        await client.ReadFrameAsync(stop);
    }

    private List<T> Repeat<T>(Func<T> create) => [.. Enumerable.Range(0, times).Select(_ => create())];
}

/// <summary>Many requests ahead of their answers, which nobody reads.</summary>
internal sealed class UnreadAnswers(int requests = 900)
    : Attack("unread", $"{requests} Metadata requests for everything in a row, no answer read", clients: 20)
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var frame = client.Frame(new MetadataRequest { Topics = null }, version: 9);
        var frames = new byte[requests * frame.Length];
        for (var i = 0; i < requests; i++)
            frame.CopyTo(frames, i * frame.Length);
        await client.SendBytesAsync(frames, stop);
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, stop);
    }
}
