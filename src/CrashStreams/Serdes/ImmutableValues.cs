namespace CrashStreams;

/// <summary>Types whose values can't be changed.</summary>
internal static class ImmutableValues
{
    public static bool Include(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal) || type == typeof(Guid) || type == typeof(DateTime)
            || type == typeof(DateTimeOffset) || type == typeof(DateOnly) || type == typeof(TimeOnly) || type == typeof(TimeSpan) || type == typeof(Int128)
            || type == typeof(UInt128) || type == typeof(Half) || type == typeof(Uri) || type == typeof(Version);
    }
}
