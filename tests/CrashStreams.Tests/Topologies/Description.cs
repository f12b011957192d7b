using System.Text;

namespace CrashStreams.Tests.Topologies;

/// <summary>A topology as a list of operators, each behind those that it reads.</summary>
internal sealed class Description(IReadOnlyList<Operator> operators, TopologyRewrites rewrites = TopologyRewrites.All)
{
    public IReadOnlyList<Operator> Operators => operators;

    public Layout Layout { get; } = new(operators);

    /// <summary>Topics that other applications write, with their numbers of partitions.</summary>
    public IReadOnlyDictionary<string, int> SourceTopics => operators.SelectMany(static o => o.SourceTopics.Concat(o.StaticTopics)).ToDictionary();

    /// <summary>Of these, those that are complete before anything runs.</summary>
    public IReadOnlyDictionary<string, int> StaticTopics => operators.SelectMany(static o => o.StaticTopics).ToDictionary();

    /// <summary>
    /// Whether results that wait for a time go through a shuffle: while an input of theirs is silent and others go on, nobody behind the shuffle waits for them, and no rule could tell how long they
    /// have to be waited for.
    /// </summary>
    public bool HoldsInFrontOfShuffle => operators.Where(static o => o.HoldsResults).Any(LeadsToShuffle);

    /// <summary>Whether records come back to the tasks that have sent them, with the clocks of other tasks: inputs that end one after the other let a task's clock go on when it was idle already.</summary>
    public bool HasAnswers => operators.Any(o => Layout.Answered(o).Any());

    public IEnumerable<ISink> Sinks => operators.OfType<ISink>();

    /// <param name="spend">Lets virtual time go by inside of an operator, milliseconds.</param>
    /// <param name="faulty">A planted fault: operators of this class let everything through as it is, or fold something else.</param>
    /// <param name="delay">Is done when so much virtual time has passed, milliseconds.</param>
    public Topology Build(Action<int> spend, Type? faulty = null, Func<int, Task>? delay = null)
    {
        var dsl = new Dsl(rewrites) { Spend = spend, Faulty = faulty, Delay = delay ?? (static _ => Task.CompletedTask) };
        foreach (var each in operators)
        {
            if (dsl.IsFaulty(each) && !each.HasOwnFault && each.Outputs.Count > 0 && each.Outputs.All(o => o.Kind == each.Inputs[0].Kind))
                each.Outputs.ToList().ForEach(o => dsl.Set(o, dsl.Built(each.Inputs[0])));
            else
                each.Build(dsl);
        }

        return dsl.Builder.Build();
    }

    /// <summary>Without an operator and all that reads it; null when nothing would be left to see.</summary>
    public Description? Without(Operator removed)
    {
        var gone = new HashSet<Operator> { removed };
        foreach (var each in operators.Where(o => o.Inputs.Any(i => gone.Contains(i.From))))
            gone.Add(each);
        var left = operators.Where(o => !gone.Contains(o)).ToList();
        return left.Exists(static o => o is ISink) && left.Count < operators.Count ? new(left, rewrites) : null;
    }

    private bool LeadsToShuffle(Operator from) => operators.Any(o => o.Inputs.Where((input, i) => input.From == from && (o.IsBehindShuffle || o.IsRemote(i) || LeadsToShuffle(o))).Any());

    /// <summary>A line for each operator: its name, what it does, what it reads.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var each in operators)
            text.AppendLine($"{each.Name} = {each.Text}{(each.Inputs.Count == 0 ? "" : $" of {string.Join(", ", each.Inputs)}")}  [task group {Layout.GroupOf(each)}]");
        return text.ToString();
    }

    public string ToMermaid()
    {
        var text = new StringBuilder("flowchart LR\n");
        foreach (var each in operators)
            text.AppendLine($"  {each.Name}[\"{each.Name}: {each.Text.Replace("\"", "'", StringComparison.Ordinal)}\"]");
        foreach (var each in operators)
        {
            foreach (var input in each.Inputs)
                text.AppendLine($"  {input.From.Name} {(each.IsBehindShuffle ? "==>|shuffle|" : "-->")} {each.Name}");
        }

        return text.ToString();
    }
}
