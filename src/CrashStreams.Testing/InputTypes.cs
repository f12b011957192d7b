namespace CrashStreams.Testing;

/// <summary>What a test writes has the types that the topology reads: other bytes might be read as something, and the test would be of nothing.</summary>
internal static class InputTypes
{
    /// <summary>The serde for input for which none was given.</summary>
    /// <param name="declared">The serde that the topology reads it with.</param>
    /// <param name="topic">For the message.</param>
    /// <param name="what">Key or value.</param>
    /// <exception cref="ArgumentException">The topology reads another type.</exception>
    public static Serde<T>? SerdeOf<T>(object? declared, string topic, string what)
    {
        if (declared is Serde<T> serde)
            return serde;
        // Bytes and text are taken as they are, and of an optional type the type itself.
        if (typeof(T) == typeof(byte[]) || typeof(T) == typeof(string) || TypeOf(declared) is not { } type || Plain(type) == Plain(typeof(T)))
            return null;
        throw new ArgumentException($"The topology reads the {what}s of '{topic}' as {TypeText.Of(type)}, not as {TypeText.Of(typeof(T))}: ask for Input with the types of the topology, or pass a serde whose bytes it can read.", nameof(topic));
    }

    private static Type? TypeOf(object? serde)
    {
        for (var type = serde?.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Serde<>))
                return type.GenericTypeArguments[0];
        }

        return null;
    }

    private static Type Plain(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() is var generic && (generic == typeof(Nullable<>) || generic == typeof(Optional<>)) ? type.GenericTypeArguments[0] : type;
}
