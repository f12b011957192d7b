namespace CrashStreams.Plan;

/// <summary>A store whose keys are of a type, whatever its values are.</summary>
internal interface IKeyed<TKey>
{
    Serde<TKey> KeySerde { get; }
}
