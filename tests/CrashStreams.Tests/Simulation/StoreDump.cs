using System.Collections;
using System.Globalization;
using System.Reflection;
using CrashStreams.Stores;

namespace CrashStreams.Tests.Simulation;

/// <summary>All that a store holds, as text: of stores of objects keys and values, of stores of bytes their bytes, whatever their types are.</summary>
internal static class StoreDump
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;
    private const BindingFlags Own = BindingFlags.Static | BindingFlags.NonPublic;

    public static Dictionary<string, string> Of(IStateStore store) =>
        Base(store, typeof(KeyValueStore<,>)) is { } values ? Typed<Dictionary<string, string>>(nameof(OfKeyValues), values, store)
        : Base(store, typeof(WindowStore<,>)) is { } windows ? Typed<Dictionary<string, string>>(nameof(OfWindows), windows, store)
        : Base(store, typeof(SuppressBuffer<,>)) is { } buffer ? OfBuffer(buffer, store)
        : OfBytes(store as OverOrderedStore is not null
            ? (OrderedStore)typeof(OverOrderedStore).GetProperty("Entries", Hidden)!.GetValue(store)!
            : (OrderedStore)store.GetType().GetField("_entries", Hidden)!.GetValue(store)!);

    /// <summary>Entries that are read by their keys as something else than they are listed.</summary>
    public static IEnumerable<string> Misread(IStateStore store) =>
        Base(store, typeof(KeyValueStore<,>)) is { } values ? Typed<List<string>>(nameof(MisreadKeyValues), values, store)
        : Base(store, typeof(WindowStore<,>)) is { } windows ? Typed<List<string>>(nameof(MisreadWindows), windows, store)
        : [];

    public static bool IsVersioned(IStateStore store) => Base(store, typeof(VersionedStore<,>)) is not null;

    /// <summary>The segments of a store that has some.</summary>
    public static Segments? SegmentsOf(IStateStore store) => Base(store, typeof(SegmentedStore<>)) is { } type ? (Segments)type.GetProperty("Segments", Hidden)!.GetValue(store)! : null;

    /// <summary>The start of the window in the key of an entry of a window store.</summary>
    public static long StartOf(string key) => long.Parse(key.AsSpan()[(key.LastIndexOf('@') + 1)..], CultureInfo.InvariantCulture);

    private static Dictionary<string, string> OfKeyValues<TKey, TValue>(KeyValueStore<TKey, TValue> store)
        where TKey : notnull =>
        store.All().ToDictionary(static e => Text(e.Key), e => store.TryGet(e.Key, out _, out var timestamp) && IsTimestamped(store) ? $"{Text(e.Value)} @{timestamp}" : Text(e.Value));

    // What processors put has no time; its changelog has that of the record in process.
    private static bool IsTimestamped(IStateStore store) => store.Kind!.StartsWith("timestamped", StringComparison.Ordinal);

    private static List<string> MisreadKeyValues<TKey, TValue>(KeyValueStore<TKey, TValue> store)
        where TKey : notnull => store.All().Where(e => !store.TryGet(e.Key, out var value, out _) || Text(value) != Text(e.Value)).Select(static e => $"does not read {Text(e.Key)} = {Text(e.Value)}").ToList();

    private static Dictionary<string, string> OfWindows<TKey, TValue>(WindowStore<TKey, TValue> store)
        where TKey : notnull => store.All().ToDictionary(static e => $"{Text(e.Key.Key)}@{e.Key.Window.StartMs}", static e => $"{Text(e.Value.Value)} @{e.Value.Timestamp}");

    private static List<string> MisreadWindows<TKey, TValue>(WindowStore<TKey, TValue> store)
        where TKey : notnull =>
        store.All().Where(e => !store.TryGet(e.Key.Key, e.Key.Window.StartMs, out var value) || Text(value.Value) != Text(e.Value.Value)).Select(static e => $"does not read {e.Key} = {Text(e.Value.Value)}").ToList();

    // What waits, in its order: when, and under which key.
    private static Dictionary<string, string> OfBuffer(Type type, IStateStore store)
    {
        var dump = new Dictionary<string, string>();
        foreach (var waiting in (IEnumerable)type.GetField("_order", Hidden)!.GetValue(store)!)
        {
            var (time, bytes) = ((long)waiting.GetType().GetProperty("Time")!.GetValue(waiting)!, (byte[])waiting.GetType().GetProperty("Bytes")!.GetValue(waiting)!);
            dump[Convert.ToHexString(bytes)] = $"@{time}";
        }

        return dump;
    }

    private static Dictionary<string, string> OfBytes(OrderedStore store)
    {
        var dump = new Dictionary<string, string>();
        using var all = store.Scan(default, default);
        while (all.MoveNext())
            dump[Convert.ToHexString(all.Key)] = Convert.ToHexString(all.Value);
        return dump;
    }

    private static string Text<T>(T value) => value switch
    {
        byte[] bytes => Convert.ToHexString(bytes),
        Topologies.MutableAggregate.Box box => $"{box.Number}",
        _ => $"{value}",
    };

    private static T Typed<T>(string method, Type type, IStateStore store) => (T)typeof(StoreDump).GetMethod(method, Own)!.MakeGenericMethod(type.GetGenericArguments()).Invoke(null, [store])!;

    private static Type? Base(IStateStore store, Type definition)
    {
        for (var type = store.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == definition)
                return type;
        }

        return null;
    }
}
