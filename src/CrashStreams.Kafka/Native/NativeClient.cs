using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Kafka.Native;

/// <summary>A librdkafka instance and the callbacks that it makes. Log lines come from its own threads, all else from within the caller's calls.</summary>
internal abstract unsafe class NativeClient
{
    private const int ErrorSize = 512;
    private readonly ConnectionFaults _faults;
    private readonly ClientStatistics? _statistics;
    private readonly string? _groupInstanceId;
    private GCHandle _self;

    protected NativeClient(int type, ClientProperties properties, ConnectionFaults faults)
    {
        LibrdkafkaLoader.EnsureLoaded();
        _faults = faults;
        _statistics = properties.Statistics;
        Name = properties.ClientId;
        _groupInstanceId = properties.Values.GetValueOrDefault("group.instance.id");
        _self = GCHandle.Alloc(this);
        var conf = Librdkafka.rd_kafka_conf_new();
        try
        {
            foreach (var (name, value) in properties.Values)
                Set(conf, name, value);
            Librdkafka.rd_kafka_conf_set_opaque(conf, GCHandle.ToIntPtr(_self));
            Librdkafka.rd_kafka_conf_set_log_cb(conf, &OnLog);
            Librdkafka.rd_kafka_conf_set_error_cb(conf, &OnError);
            if (_statistics is not null)
                Librdkafka.rd_kafka_conf_set_stats_cb(conf, &OnStatistics);
            if (type == Librdkafka.Consumer)
                Librdkafka.rd_kafka_conf_set_rebalance_cb(conf, &OnRebalance);
            else
                Librdkafka.rd_kafka_conf_set_events(conf, Librdkafka.DeliveryReportEvents);

            var error = stackalloc byte[ErrorSize];
            Handle = Librdkafka.rd_kafka_new(type, conf, error, ErrorSize);
            if (Handle == 0)
                throw new LogException($"Client {Name} can't be made: {Marshal.PtrToStringUTF8((nint)error)}.") { IsFatal = true };
        }
        catch
        {
            Librdkafka.rd_kafka_conf_destroy(conf);
            _self.Free();
            throw;
        }
    }

    protected nint Handle { get; private set; }

    /// <summary>The client id.</summary>
    protected string Name { get; }

    /// <summary>The client id, and the static member that it is, for messages.</summary>
    protected string Who => _groupInstanceId is null ? Name : $"{Name} (group.instance.id '{_groupInstanceId}')";

    protected bool IsClosed => Handle == 0;

    /// <summary>A rebalance happened; the list is the library's and lives until the call returns.</summary>
    protected virtual void Rebalanced(ErrorCode code, NativePartitionList* partitions)
    {
    }

    /// <summary>The error that made this instance unusable, or null.</summary>
    protected LogException? FatalError()
    {
        var text = stackalloc byte[ErrorSize];
        var code = Librdkafka.rd_kafka_fatal_error(Handle, text, ErrorSize);
        return code == ErrorCode.NoError ? null : KafkaError.Exception(code, $"Client {Who}", Marshal.PtrToStringUTF8((nint)text), fatal: true);
    }

    /// <summary>Why this instance became unusable, or no error.</summary>
    protected ErrorCode FatalCode => Librdkafka.rd_kafka_fatal_error(Handle, null, 0);

    protected void Log(LogLevel level, string text) => _faults.Write(Name, level, text, text);

    /// <summary>The broker has answered.</summary>
    protected void Answered() => _faults.Clear();

    /// <summary>Ends the instance, after everything that it lent out was given back.</summary>
    protected void DestroyHandle()
    {
        Librdkafka.rd_kafka_destroy(Handle);
        Handle = 0;
        _statistics?.Forget(Name);
        _self.Free();
    }

    private static void Set(nint conf, string name, string value)
    {
        var error = stackalloc byte[ErrorSize];
        // librdkafka's text may quote the value, which may be a secret: only the name is told.
        if (Librdkafka.rd_kafka_conf_set(conf, name, value, error, ErrorSize) != 0)
            throw new LogException($"librdkafka does not accept the property '{name}' or its value. See librdkafka's CONFIGURATION.md.") { IsFatal = true };
    }

    private static NativeClient Owner(nint opaque) => (NativeClient)GCHandle.FromIntPtr(opaque).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(nint client, int level, byte* facility, byte* text)
    {
        var owner = Owner(Librdkafka.rd_kafka_opaque(client));
        owner._faults.Line(owner.Name, level, Marshal.PtrToStringUTF8((nint)facility) ?? "", Marshal.PtrToStringUTF8((nint)text) ?? "");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(nint client, ErrorCode code, byte* reason, nint opaque)
    {
        var owner = Owner(opaque);
        owner._faults.Error(owner.Name, code, Marshal.PtrToStringUTF8((nint)reason) ?? "");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnStatistics(nint client, byte* json, nuint length, nint opaque)
    {
        var owner = Owner(opaque);
        try
        {
            owner._statistics?.Report(owner.Name, new(json, (int)length));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Native code calls this: an exception would end the process, for the sake of a number.
            owner._faults.Write(owner.Name, LogLevel.Warning, $"statistics that can't be read: {e.Message}", "statistics");
        }

        // librdkafka frees the text.
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnRebalance(nint client, ErrorCode code, NativePartitionList* partitions, nint opaque) => Owner(opaque).Rebalanced(code, partitions);
}
