namespace CrashStreams.Broker.Apis;

/// <summary>
/// What a request names more than once. Questions are answered once, orders that name something twice are refused, as Apache Kafka does: an answer must not be many times
/// as large as the question, and no work be done twice.
/// </summary>
internal sealed class Repeated<T>
    where T : notnull
{
    private readonly HashSet<T> _repeated = [];

    public Repeated(IEnumerable<T> named)
    {
        var once = new HashSet<T>();
        foreach (var name in named)
            if (!once.Add(name))
                _repeated.Add(name);
    }

    public bool Contains(T name) => _repeated.Contains(name);
}
