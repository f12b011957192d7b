using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrashStreams.Broker.Storage;

/// <summary>sendfile(2): from the page cache to a socket without a copy in this process.</summary>
internal static partial class SendFile
{
    private const int Interrupted = 4; // EINTR
    private const int WouldBlock = 11; // EAGAIN

    public static bool IsSupported { get; } = OperatingSystem.IsLinux();

    /// <summary>Sends what a socket in non-blocking mode takes now; 0 when it is full.</summary>
    /// <exception cref="IOException">The peer is gone, or the file can't be read or ends before.</exception>
    public static int Send(Socket socket, SafeFileHandle file, long position, int count)
    {
        for (var sent = 0; sent < count;)
        {
            var now = Send(socket.SafeHandle, file, ref position, count - sent);
            if (now > 0)
            {
                sent += (int)now;
                continue;
            }
            if (now == 0)
                throw new IOException($"A file ends at byte {position}, before what is to be sent of it.");
            var error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock)
                return sent;
            if (error != Interrupted)
                throw new IOException("A file could not be sent.", new Win32Exception(error));
        }
        return count;
    }

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, SafeFileHandle file, ref long position, nint count);
}
