using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Conformance.Tests;

/// <summary>Processors of the user's own, with stores and punctuation.</summary>
internal static class Processes
{
    public static void Count(StreamsBuilder builder, Vector vector) => builder
        .AddKeyValueStore<string, long>("process-counts")
        .Stream<string, string>("in")
        .Process(() => new Counter(vector.Time("streamPunctuateMs"), vector.Time("wallPunctuateMs")), ["process-counts"])
        .To("out");

    public static void Values(StreamsBuilder builder, Vector vector) => builder
        .AddKeyValueStore<string, long>("process-indexes")
        .Stream<string, string>("in")
        .ProcessValues(() => new Indexer(), ["process-indexes"])
        .To("out");

    private sealed class Counter(TimeSpan streamInterval, TimeSpan wallInterval) : Processor<string, string, string, long>
    {
        private IKeyValueStore<string, long> _counts = null!;

        protected override void Init()
        {
            _counts = Context.KeyValueStore<string, long>("process-counts");
            Context.Schedule(streamInterval, PunctuationType.StreamTime, time =>
            {
                foreach (var (key, count) in _counts.All())
                    Forward(new Record<string, long>(key, count, time));
            });
            Context.Schedule(wallInterval, PunctuationType.WallClock, time => Forward(new Record<string, long>("#wall", _counts.Count, time)));
        }

        public override void Process(in Record<string, string> record)
        {
            if (!record.HasKey)
                return;
            _counts.TryGet(record.Key, out var count);
            _counts.Put(record.Key, ++count);
            if (!record.HasValue)
                Forward(record.WithValue(count));
        }
    }

    private sealed class Indexer : Processor<string, string, string, string>
    {
        private IKeyValueStore<string, long> _indexes = null!;

        protected override void Init() => _indexes = Context.KeyValueStore<string, long>("process-indexes");

        public override void Process(in Record<string, string> record)
        {
            if (!record.HasKey)
                return;
            _indexes.TryGet(record.Key, out var index);
            _indexes.Put(record.Key, ++index);
            Forward(record.WithValue((record.Value ?? "null") + "#" + index));
        }
    }
}
