using System.Net.Sockets;

namespace CrashStreams.Broker.Storage;

/// <summary>The files of a broker. Paths are relative, with '/' between the names.</summary>
/// <remarks>
/// What was written survives the end of the process at once, and the end of the machine once it was flushed. Creating,
/// renaming and deleting are ordered with each other; <see cref="Replace"/> is atomic.
/// </remarks>
internal interface IStorage
{
    /// <summary>
    /// Names the time since which unflushed writes can't have been lost: one boot of the machine. A log that was written in the
    /// same era is whole up to its last checkpoint; in another one it is trusted only up to what was flushed. Empty when unknown.
    /// </summary>
    string Era { get; }

    /// <summary>Where the files are, for messages to whoever runs the broker.</summary>
    string Location { get; }

    /// <summary>How many files logs may hold open; the loop's, as far as it is not said otherwise.</summary>
    FileBudget Budget { get; }

    /// <summary>Opens a file for reading and writing.</summary>
    /// <exception cref="FileNotFoundException">It isn't there, and <paramref name="create"/> is false.</exception>
    IStorageFile Open(string path, bool create);

    bool Exists(string path);

    void Delete(string path);

    /// <summary>Renames a file, replacing the one that has the name.</summary>
    void Replace(string from, string to);

    void CreateDirectory(string path);

    /// <summary>Deletes a directory that has nothing in it. False when it has something in it, and stays.</summary>
    bool TryDeleteDirectory(string path);

    /// <summary>Makes the names in a directory survive a power cut.</summary>
    void FlushNames(string path);

    /// <summary>Renames a directory; nothing must have the new name.</summary>
    void MoveDirectory(string from, string to);

    /// <summary>The names of the files in a directory; none if there is no directory.</summary>
    IReadOnlyList<string> Files(string path);

    /// <summary>The names of the directories in a directory; none if there is no directory.</summary>
    IReadOnlyList<string> Directories(string path);
}

/// <summary>An open file. One thread writes; reads below <see cref="Length"/> may come from any thread at any time.</summary>
internal interface IStorageFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads until the target is full or the file ends; returns the bytes read.</summary>
    int Read(long position, Span<byte> target);

    /// <summary>Whether <see cref="Send"/> works.</summary>
    bool CanSend => false;

    /// <summary>Sends bytes to a socket in non-blocking mode, as many as it takes now; none when it is full.</summary>
    /// <exception cref="IOException">The peer is gone, or the file can't be read.</exception>
    int Send(Socket socket, long position, int count) => throw new NotSupportedException();

    void Write(long position, ReadOnlySpan<byte> bytes);

    void Truncate(long length);

    /// <summary>Makes all that was written survive a power cut.</summary>
    void Flush();
}
