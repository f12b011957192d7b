namespace CrashStreams.Sinks;

/// <summary>Turns rows into the bytes of a file. The same rows must give the same bytes. Used by several threads at once.</summary>
public interface IFileFormat<TRow>
{
    /// <summary>The end of the files' names, without a dot.</summary>
    string Extension { get; }

    /// <summary>A file of these rows, at least one.</summary>
    byte[] Write(IReadOnlyList<TRow> rows);
}
