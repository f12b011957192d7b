namespace CrashStreams.Conformance.Tests;

/// <summary>
/// A rule of docs/differences-from-kafka-streams.md, as a model of its own: it says what a case gives by the rule, and the engine is compared with that. Nothing is left out.
/// </summary>
/// <param name="Number">Its number in the document.</param>
/// <param name="Apply">The case as it is by the rule; null where the rule makes no difference.</param>
internal sealed record Rule(int Number, Func<Vector, Vector?> Apply);
