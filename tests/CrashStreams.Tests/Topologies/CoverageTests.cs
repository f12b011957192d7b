using System.Reflection;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>Whatever the DSL has, random topologies have: each public method is called by an operator with a rule, or is sugar for others that are.</summary>
public class CoverageTests
{
    // What only shortens, checks or names.
    private static readonly string[] _sugar =
    [
        "TimeWindows.OfSizeWithNoGrace",

        // Stores for processors are no operators: what they hold is compared with models by their own properties.
        "StreamsBuilder.AddWindowStore", "StreamsBuilder.AddSessionStore", "StreamsBuilder.AddVersionedStore",
    ];

    [Fact]
    public void Every_method_of_the_DSL_has_a_rule_in_the_ideal_run()
    {
        var called = CalledByOperators().Where(static m => m.DeclaringType!.Assembly == typeof(StreamsBuilder).Assembly).Select(NameOf).ToHashSet();
        var missing = DslTypes().SelectMany(static t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(static m => !m.IsSpecialName && m.Name is not ("ToString" or "GetHashCode" or "Equals" or "<Clone>$"))
            .Select(NameOf).Distinct().Where(m => !called.Contains(m) && !_sugar.Contains(m)).Order(StringComparer.Ordinal);
        string.Join(", ", missing).Should().BeEmpty("an operator needs its class in tests/CrashStreams.Tests/Topologies/Operators: how it is drawn, built and interpreted");
    }

    [Fact]
    public void Every_operator_is_drawn()
    {
        var drawn = Enumerable.Range(1, 1_000).SelectMany(seed => TopologyCase.Of((ulong)seed, ProcessingGuarantee.ExactlyOnce).Description.Operators).Select(static o => o.GetType()).ToHashSet();
        typeof(Operator).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(Operator))).Should().BeSubsetOf(drawn);
    }

    [Fact]
    public void Inputs_that_wake_up_together_are_drawn_for_each_guarantee() => Enumerable.Range(1, 1_000).Select(static seed => TopologyCase.Of((ulong)seed, Seeds.GuaranteeOf(seed)))
        .Where(static drawn => drawn.HasNight && drawn.Description.Operators.Any(static o => o.IsBehindShuffle)).Select(static drawn => drawn.Guarantee).Distinct().Should().HaveCount(2);

    // By what is drawn, and by what that calls beside it: what a test alone calls has no rule.
    private static List<MethodBase> CalledByOperators()
    {
        var open = new Stack<Type>(typeof(Operator).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(Operator))));
        var (seen, called) = (open.ToHashSet(), new List<MethodBase>());
        while (open.TryPop(out var type))
        {
            foreach (var method in CalledMethods.Of(type))
            {
                called.Add(method);
                if (method.DeclaringType is { DeclaringType: null } next && next.Namespace == typeof(Operator).Namespace && seen.Add(next))
                    open.Push(next);
            }
        }

        return called;
    }

    // What a user gets to, beginning with the builder.
    private static HashSet<Type> DslTypes()
    {
        var (found, open) = (new HashSet<Type> { typeof(StreamsBuilder) }, new Stack<Type>([typeof(StreamsBuilder)]));
        while (open.TryPop(out var type))
        {
            foreach (var next in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .SelectMany(static m => m.GetParameters().Select(static p => p.ParameterType).Append(m.ReturnType)).Select(Definition).Where(IsDsl))
            {
                if (found.Add(next))
                    open.Push(next);
            }
        }

        return found;
    }

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    // Options and records are what methods take; the DSL is what has methods that give more of it.
    private static bool IsDsl(Type type) => type is { IsClass: true, IsPublic: true, Namespace: "CrashStreams" } && !type.IsSubclassOf(typeof(Delegate))
        && type != typeof(Topology) && type != typeof(Serde<>) && !type.IsSubclassOf(typeof(Exception));

    private static string NameOf(MethodBase method) => $"{Definition(method.DeclaringType!).Name.Split('`')[0]}.{method.Name}";
}
