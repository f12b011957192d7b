using System.Globalization;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>How large a pattern is when its counted repetitions are written out: <c>(ab{3}){2}</c> has 8 characters to match.</summary>
internal static class PatternSize
{
    /// <summary>The largest that is accepted: as long as a pattern may be, and a little for counted repetitions.</summary>
    public const long Max = 1200;

    public static long Of(string pattern)
    {
        var groups = new Stack<long>([0]); // sizes of the groups that are open
        long last = 0; // of what a repetition would repeat
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    Add(1);
                    break;
                case '[':
                    i = EndOfClass(pattern, i);
                    Add(1);
                    break;
                case '(':
                    groups.Push(0);
                    break;
                case ')' when groups.Count > 1:
                    Add(groups.Pop() + 1);
                    break;
                case '{' when Repetition(pattern, i) is var (count, end) && end > i:
                    groups.Push(Math.Min(Max + 1, groups.Pop() + last * (count - 1)));
                    last = Math.Min(Max + 1, last * count);
                    i = end;
                    break;
                default:
                    Add(1);
                    break;
            }
        }
        return groups.Sum();

        void Add(long size)
        {
            last = Math.Min(Max + 1, size);
            groups.Push(Math.Min(Max + 1, groups.Pop() + last));
        }
    }

    private static int EndOfClass(string pattern, int start)
    {
        var i = start + 1;
        if (i < pattern.Length && pattern[i] == '^')
            i++;
        if (i < pattern.Length && pattern[i] == ']')
            i++;
        for (; i < pattern.Length && pattern[i] != ']'; i++)
            if (pattern[i] == '\\')
                i++;
        return i;
    }

    /// <summary>The larger number of <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c>, and where it ends; where it began when it is none.</summary>
    private static (long Count, int End) Repetition(string pattern, int start)
    {
        var end = pattern.IndexOf('}', start);
        if (end < 0)
            return (1, start);
        long count = 1;
        foreach (var number in pattern[(start + 1)..end].Split(','))
        {
            if (number.Length > 0 && !number.All(char.IsAsciiDigit))
                return (1, start);
            count = Math.Max(count, number.Length == 0 ? 1 : number.Length > 6 ? Max + 1 : long.Parse(number, CultureInfo.InvariantCulture));
        }
        return (count, end);
    }
}
