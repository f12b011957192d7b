using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.RocksDb;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Terminal;

/// <summary>Where an application keeps its state between two lives.</summary>
internal sealed class StateOption
{
    private readonly ChoiceOption<StateKind> _kind = new("--state", "Where state is kept: in memory, restored from the changelogs at a start, or in RocksDB on disk", StateKind.Memory);

    private readonly Option<string> _directory = new("--state-dir") { Description = "RocksDB's folder", DefaultValueFactory = _ => "state" };

    private enum StateKind
    {
        Memory,
        Rocksdb,
    }

    public void AddTo(Command command)
    {
        command.Add(_kind);
        command.Add(_directory);
    }

    public bool IsOnDisk(ParseResult arguments) => _kind.Read(arguments) == StateKind.Rocksdb;

    /// <summary>The storage, to be disposed of after the application; null for memory.</summary>
    /// <exception cref="CrashStreamsException">RocksDB's library is missing; the message says what to install.</exception>
    public IStateStorage? Open(ParseResult arguments) => _kind.Read(arguments) == StateKind.Memory
        ? null
        : new RocksDbState(new() { Directory = arguments.GetValue(_directory)! });
}
