namespace CrashStreams.Protocol;

/// <summary>The versions of one API that have codecs; flexible versions use compact lengths and tagged fields (KIP-482).</summary>
internal readonly record struct ApiVersionRange(ApiKey Key, short First, short Last, short FirstFlexible)
{
    public bool Contains(short version) => version >= First && version <= Last;

    /// <summary>Request header 2 has tagged fields, 1 has none.</summary>
    public short RequestHeaderVersion(short version) => (short)(version >= FirstFlexible ? 2 : 1);

    /// <summary>Response header 1 has tagged fields. ApiVersions answers with header 0 always, so that any client can read it (KIP-511).</summary>
    public short ResponseHeaderVersion(short version) => (short)(version >= FirstFlexible && Key != ApiKey.ApiVersions ? 1 : 0);
}

internal static partial class SupportedApis
{
    public static readonly ApiVersionRange[] All = Table();

    private static readonly ApiVersionRange?[] ByKey = Index();

    /// <summary>The versions of an API by its key on the wire, or null when there is no codec for it.</summary>
    public static ApiVersionRange? Find(short apiKey) => (ushort)apiKey < (uint)ByKey.Length ? ByKey[apiKey] : null;

    public static ApiVersionRange Of(ApiKey key) => ByKey[(short)key]!.Value;

    private static ApiVersionRange?[] Index()
    {
        var index = new ApiVersionRange?[All.Max(range => (short)range.Key) + 1];
        foreach (var range in All)
            index[(short)range.Key] = range;
        return index;
    }
}
