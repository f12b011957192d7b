using CrashStreams.Log;

namespace CrashStreams;

/// <summary>Tells corrected results from first ones.</summary>
public static class Correction
{
    /// <summary>The header of a result that late records have corrected; it has no value. It stays with the record on its way to a topic.</summary>
    public const string Header = "cs-correction";

    /// <summary>Whether a record with these headers is a correction.</summary>
    public static bool IsIn(Headers? headers)
    {
        for (var i = 0; i < headers?.Count; i++)
        {
            if (headers[i].Key == Header)
                return true;
        }

        return false;
    }
}
