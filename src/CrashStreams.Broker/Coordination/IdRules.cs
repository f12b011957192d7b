using System.Text;

namespace CrashStreams.Broker.Coordination;

/// <summary>
/// How long names may be that clients give to groups, members, instances and transactions. They are kept in journals and shown in answers of all versions, also with what the
/// broker puts before or behind them.
/// </summary>
internal static class IdRules
{
    public const int MaxBytes = 1024;

    public static bool Fits(string? id) => id is null || id.Length <= MaxBytes / 3 || Encoding.UTF8.GetByteCount(id) <= MaxBytes;
}
