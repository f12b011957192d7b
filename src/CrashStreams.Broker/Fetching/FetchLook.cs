using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Fetching;

/// <summary>One look at the partitions of a fetch, a step at a time: what there is of each goes into the answer until that is full.</summary>
internal sealed class FetchLook(FetchRead read, List<FetchTarget> targets, int sessionId, int minBytes, bool mustAnswer)
{
    /// <summary>How many partitions a step reads: a few hundred microseconds' work, or a millisecond's where each has records.</summary>
    public const int PartitionsPerStep = 500;

    private readonly List<(FetchTarget Target, FetchResponse.PartitionData Data)> _read = new(Math.Min(targets.Count, PartitionsPerStep));
    private int _next;
    private int _total;
    private bool _mustAnswer = mustAnswer;

    /// <summary>Bytes that still fit into the answer.</summary>
    public required int BytesLeft { get; set; }

    /// <summary>The answer, at the end; null when there is none yet.</summary>
    public FetchResponse? Response { get; private set; }

    /// <summary>Takes a step. True when it was the last.</summary>
    public bool TryEnd()
    {
        for (var end = Math.Min(_next + PartitionsPerStep, targets.Count); _next < end; _next++)
            Read(targets[_next]);
        if (_next < targets.Count)
            return false;
        if (_mustAnswer || _total >= minBytes)
            Response = Answer();
        else
            Drop();
        return true;
    }

    /// <summary>Gives back what was read: nobody takes it.</summary>
    public void Drop()
    {
        foreach (var (_, data) in _read)
            data.Records.Release();
        _read.Clear();
    }

    private void Read(FetchTarget target)
    {
        if (read.IsQuiet(target))
            return;
        var data = read.Read(target, BytesLeft, isFirst: _total == 0);
        _read.Add((target, data));
        _mustAnswer |= data.ErrorCode != ErrorCode.None;
        var length = data.Records.Length;
        // The answer is full: no waiting makes it larger, and looking into the files of the other partitions would be in vain.
        var isFull = length == 0 && BytesLeft < target.MaxBytes && read.HasRecords(target, data);
        _mustAnswer |= isFull;
        BytesLeft = isFull ? 0 : Math.Max(0, BytesLeft - length);
        _total += length;
    }

    private FetchResponse Answer()
    {
        var response = new FetchResponse { SessionId = sessionId };
        var topics = new Dictionary<(string, Guid), FetchResponse.FetchableTopicResponse>();
        foreach (var (target, data) in _read)
        {
            if (!read.HasNews(target, data))
                continue;
            if (!topics.TryGetValue((target.Topic, target.TopicId), out var topic))
            {
                topics[(target.Topic, target.TopicId)] = topic = new() { Topic = target.Topic, TopicId = target.TopicId };
                response.Responses.Add(topic);
            }
            topic.Partitions.Add(data);
            read.Told(target, data);
        }
        return response;
    }
}
