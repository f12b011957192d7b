using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>A typed store whose entries lie in an <see cref="OrderedStore"/>. Values are kept as bytes: what is handed out is a copy.</summary>
internal abstract class OverOrderedStore(string name, string kind, StoreFormat format, StoreContext context) : IStateStore
{
    public string Name => name;

    public string? Kind => kind;

    public string? ChangelogTopic => context.ChangelogTopic;

    public StoreEngine? Engine => Entries.Engine;

    public long CachedBytes => Entries.CachedBytes;

    public long DirtyBytes => Entries.DirtyBytes;

    protected OrderedStore Entries { get; } = new(name, kind, format, context);

    protected StoreContext Context => context;

    /// <summary>Where a value is serialized to.</summary>
    protected ByteBuffer ValueBytes { get; } = new();

    public void Attach(StoreEngine engine) => Entries.Attach(engine);

    public virtual void Flush(IChangelogWriter changelog) => Entries.Flush(changelog);

    public virtual void Restore(in LogRecord record) => Entries.Restore(in record);

    public virtual void Restored() => Entries.Restored();

    public void Evict(long bytes) => Entries.Evict(bytes);
}
