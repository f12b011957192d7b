using System.Reflection;
using System.Runtime.InteropServices;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Native;

/// <summary>
/// Finds the librdkafka that Confluent.Kafka uses, so that the process holds one. The package carries several builds;
/// the first that loads is taken, in Confluent's order: with SASL/GSSAPI (needs libsasl2.so.3), without, and for musl.
/// </summary>
internal static class LibrdkafkaLoader
{
    // 2.10.0, in librdkafka's 0xMMmmrrpp: the first with the group protocol of KIP-848 in the form that Kafka 4 speaks.
    private const int OldestVersion = 0x020a00ff;
    private static readonly string[] Names = [Librdkafka.Library, "centos8-librdkafka", "alpine-librdkafka", "librdkafka.so.1"];
    private static readonly Lazy<nint> Handle = new(Load);

    static LibrdkafkaLoader() =>
        NativeLibrary.SetDllImportResolver(typeof(LibrdkafkaLoader).Assembly, (name, _, _) => name == Librdkafka.Library ? Handle.Value : 0);

    /// <summary>Loads the library, or says what to install.</summary>
    public static void EnsureLoaded() => _ = Handle.Value;

    private static nint Load()
    {
        var tooOld = "";
        var owner = typeof(Confluent.Kafka.Library).Assembly;
        foreach (var name in Names)
        {
            if (!TryLoad(name, owner, out var handle))
                continue;
            var version = Version(handle);
            if (version >= OldestVersion)
                return handle;
            tooOld = $" ({name} was found, but is version {version >> 24 & 0xff}.{version >> 16 & 0xff}.{version >> 8 & 0xff}; 2.10 is needed)";
        }

        throw new LogException($"librdkafka can't be loaded{tooOld}. Reference the NuGet package librdkafka.redist in the program, or install librdkafka 2.10 or later.")
        {
            IsFatal = true,
        };
    }

    private static bool TryLoad(string name, Assembly owner, out nint handle) =>
        NativeLibrary.TryLoad(name, owner, null, out handle) || NativeLibrary.TryLoad(name, typeof(LibrdkafkaLoader).Assembly, null, out handle);

    private static unsafe int Version(nint handle) => ((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(handle, nameof(Librdkafka.rd_kafka_version)))();
}
