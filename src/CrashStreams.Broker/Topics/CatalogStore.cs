using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Topics;

/// <summary>
/// The catalog on disk: a file with all topics, and a journal to which each change is appended. When the journal has become longer than the file, the next change begins with a new
/// file and a new journal; a stop in good order leaves a file alone. The file names its journal, so that no other one is taken for it.
/// </summary>
internal sealed class CatalogStore
{
    /// <summary>A shorter journal is no reason to write the file again.</summary>
    private const int ShortJournal = 64 * 1024;

    private readonly Lock _lock = new(); // shared: the loop changes topics, and so do the workers that make their directories
    private readonly IStorage _storage;
    private readonly string _clusterId;
    private readonly Dictionary<Guid, CatalogEntry> _topics = [];
    private readonly HashSet<Guid> _deleted = [];
    private IStorageFile? _journal; // null: the next change begins one
    private long _length; // of the journal's whole lines
    private long _fileLength;
    private bool _isClosed;

    private CatalogStore(IStorage storage, string clusterId) => (_storage, _clusterId) = (storage, clusterId);

    /// <summary>What is stored; null when there is nothing yet. Changes nothing.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or a part of it is missing.</exception>
    public static CatalogContent? Read(IStorage storage)
    {
        if (CatalogFile.Read(storage) is not { } file)
            return null;
        if (file.Journal is null)
            return file;
        var (topics, deleted) = (file.Topics.ToDictionary(topic => topic.Id), file.Deleted.ToHashSet());
        _ = Replay(storage, file.Journal.Value, topics, deleted);
        return file with { Topics = topics.Values, Deleted = deleted };
    }

    /// <summary>Opens what <see cref="Read"/> has found, or writes a catalog without topics.</summary>
    /// <param name="storage">Where it is.</param>
    /// <param name="stored">What was read; null when there is nothing yet.</param>
    /// <param name="newClusterId">The cluster's id if there is nothing yet.</param>
    public static CatalogStore Open(IStorage storage, CatalogContent? stored, string newClusterId)
    {
        var store = new CatalogStore(storage, stored?.ClusterId ?? newClusterId);
        foreach (var topic in stored?.Topics ?? [])
            store._topics.Add(topic.Id, topic);
        store._deleted.UnionWith(stored?.Deleted ?? []);
        if (stored is null)
            CatalogFile.Write(storage, store.Content(journal: null));
        else if (stored.Journal is { } journal)
            store.GoOn(journal);
        store.DeleteJournals(except: stored?.Journal);
        return store;
    }

    public string ClusterId => _clusterId;

    /// <summary>Stores a topic.</summary>
    public void Create(CatalogEntry topic)
    {
        lock (_lock)
        {
            Append(CatalogJournal.LineOf(topic));
            _topics.Add(topic.Id, topic);
        }
    }

    /// <summary>Stores what changes of a topic.</summary>
    /// <exception cref="IOException">The topic was deleted, or the disk fails: then nothing has changed.</exception>
    public void Change(Guid topic, int? partitions = null, IReadOnlyDictionary<string, string>? configs = null)
    {
        lock (_lock)
        {
            if (!_topics.TryGetValue(topic, out var before))
                throw new IOException("The topic was deleted meanwhile.");
            var changed = before with { Partitions = partitions ?? before.Partitions, Configs = configs ?? before.Configs };
            Append(CatalogJournal.LineOf(changed));
            _topics[topic] = changed;
        }
    }

    /// <summary>Stores that a topic is gone, and that its logs may be deleted.</summary>
    public void Delete(Guid topic)
    {
        lock (_lock)
        {
            Append(CatalogJournal.LineOf(topic));
            _topics.Remove(topic);
            _deleted.Add(topic);
        }
    }

    /// <summary>Nothing is left of a deleted topic: the next file need not name it.</summary>
    public void Forget(Guid deleted)
    {
        lock (_lock)
            _deleted.Remove(deleted);
    }

    /// <summary>Leaves a file without a journal, if the disk lets it; else both stay, and say the same.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            if (_journal is null)
                return;
            Drop();
            try
            {
                CatalogFile.Write(_storage, Content(journal: null));
                DeleteJournals(except: null);
            }
            catch (IOException)
            {
                // The next start reads the journal.
            }
        }
    }

    /// <summary>Lets go of the journal as the end of the process would.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _isClosed = true;
            Drop();
        }
    }

    /// <summary>Under the lock.</summary>
    private void Append(byte[] line)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_journal is null || _length > Math.Max(ShortJournal, _fileLength))
            Begin();
        try
        {
            _journal!.Write(_length, line);
            _journal.Flush();
            _length += line.Length;
        }
        catch (IOException)
        {
            // What has not become true is not to be found by the next start.
            TakeBack();
            throw;
        }
    }

    private void TakeBack()
    {
        try
        {
            _journal!.Truncate(_length);
        }
        catch (IOException)
        {
            Drop(); // the next change begins with a file that doesn't name this journal
        }
    }

    /// <summary>A new file, and a new journal. The file names it when it is there, and only then the one before is deleted.</summary>
    private void Begin()
    {
        var id = Guid.NewGuid();
        var journal = _storage.Open(CatalogJournal.PathOf(id), create: true);
        try
        {
            journal.Flush();
            _fileLength = CatalogFile.Write(_storage, Content(id));
        }
        catch
        {
            // Which of the two journals the file names now is unknown: nothing may be appended to the one before.
            journal.Dispose();
            Drop();
            throw;
        }
        Drop();
        (_journal, _length) = (journal, 0);
        DeleteJournals(except: id);
    }

    /// <summary>Goes on with the journal that the last process has left.</summary>
    private void GoOn(Guid journal)
    {
        _length = Replay(_storage, journal, [], []);
        using (var file = _storage.Open(CatalogFile.Path, create: false))
            _fileLength = file.Length;
        _journal = _storage.Open(CatalogJournal.PathOf(journal), create: false);
        if (_journal.Length > _length)
            TakeBack();
    }

    private CatalogContent Content(Guid? journal) => new(_clusterId, [.. _topics.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal)], _deleted, journal);

    private void Drop()
    {
        _journal?.Dispose();
        _journal = null;
    }

    /// <summary>Deletes what no file names; one that the disk keeps, the next time.</summary>
    private void DeleteJournals(Guid? except)
    {
        try
        {
            foreach (var name in _storage.Files("").Where(name => CatalogJournal.IsName(name) && (except is null || name != CatalogJournal.PathOf(except.Value))))
                _storage.Delete(name);
        }
        catch (IOException)
        {
            // It is in nobody's way.
        }
    }

    private static int Replay(IStorage storage, Guid journal, Dictionary<Guid, CatalogEntry> topics, HashSet<Guid> deleted)
    {
        var path = CatalogJournal.PathOf(journal);
        if (!storage.Exists(path))
            throw new InvalidDataException($"{storage.Location} holds the data of a broker, but {path}, which says what topics have changed since {CatalogFile.Path} was written, is missing. Restore it.");
        var length = CatalogJournal.Apply(path, AtomicFile.Read(storage, path), topics, deleted);
        try
        {
            CatalogFile.Check(topics.Values);
        }
        catch (FormatException damaged)
        {
            throw new InvalidDataException($"{path} in {storage.Location} is damaged or not a broker's ({damaged.Message}). Restore it.", damaged);
        }
        return length;
    }
}
