namespace CrashStreams.Testing;

/// <summary>Types in messages as they are written in C#.</summary>
internal static class TypeText
{
    public static string Of(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GenericTypeArguments.Select(Of))}>"
        : type.Name;
}
