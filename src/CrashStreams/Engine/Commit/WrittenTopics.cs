using CrashStreams.Log;
using CrashStreams.Telemetry;

namespace CrashStreams.Engine;

/// <summary>The topics that a thread writes. What is known of them outlives the thread's restarts; only the thread uses it.</summary>
/// <param name="limits">What is known of topics from the start.</param>
/// <param name="count">Where what is sent to a topic is counted.</param>
internal sealed class WrittenTopics(IReadOnlyDictionary<string, TopicLimits> limits, Func<string, RecordCount> count)
{
    // A topic's settings are asked for again before a record is refused for what they were so long ago.
    private const long LimitsAreFreshMs = 10_000;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, WrittenTopic> _topics = [];

    public WrittenTopic this[string topic]
    {
        get
        {
            if (!_topics.TryGetValue(topic, out var found))
            {
                _topics[topic] = found = new(topic, count(topic));
                if (limits.TryGetValue(topic, out var known))
                    found.SetLimits(known, 0);
            }

            return found;
        }
    }

    /// <summary>A new life of the thread sends what is not committed once more.</summary>
    public void BeginAgain()
    {
        foreach (var topic in _topics.Values)
            topic.BeginAgain();
    }

    public void Committed()
    {
        foreach (var topic in _topics.Values)
            topic.Committed();
    }

    /// <summary>Asks for a topic's settings unless that was done lately. A broker that does not tell them says what it refuses when it is written to.</summary>
    public static void Refresh(WrittenTopic topic, ILogAdmin admin, long nowMs)
    {
        if (nowMs - topic.LimitsAskedAtMs < LimitsAreFreshMs)
            return;
        var answer = TopicLimits.None;
        try
        {
            var asked = admin.TopicConfigsAsync([topic.Name], CancellationToken.None);
            if (asked.Wait(_patience) && asked.Result.TryGetValue(topic.Name, out var configs))
                answer = TopicLimits.Of(configs);
        }
        catch (Exception e) when (e.GetBaseException() is LogException)
        {
            // No permission, or no answer now.
        }

        topic.SetLimits(answer, nowMs);
    }
}
