using System.Globalization;

namespace CrashStreams.Tests.Simulation;

/// <summary>A range of seeds, each run by one thread, as many at once as there are processors.</summary>
internal readonly record struct Seeds(int From, int Count)
{
    public int Last => From + Count - 1;

    /// <summary>The range that <c>./build.sh sim</c> asks for, or the tests' own.</summary>
    public static Seeds Of(int count) => new(Setting("CRASHSTREAMS_SIM_FROM", 1), Setting("CRASHSTREAMS_SIM_SEEDS", count));

    public static bool AreGiven => Environment.GetEnvironmentVariable("CRASHSTREAMS_SIM_SEEDS") is not null;

    /// <summary>Half of the seeds for each guarantee.</summary>
    public static ProcessingGuarantee GuaranteeOf(int seed) => seed % 2 == 0 ? ProcessingGuarantee.AtLeastOnce : ProcessingGuarantee.ExactlyOnce;

    /// <summary>On threads of its own: those of the pool are left to the tests that run at the same time.</summary>
    public void ForEach(Action<int> run)
    {
        var (next, last) = (From - 1, Last);
        Exception? failure = null;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            try
            {
                for (var seed = Interlocked.Increment(ref next); seed <= last && Volatile.Read(ref failure) is null; seed = Interlocked.Increment(ref next))
                    run(seed);
            }
            catch (Exception e)
            {
                Volatile.Write(ref failure, e);
            }
        })).ToList();
        threads.ForEach(static t => t.Start());
        threads.ForEach(static t => t.Join());
        if (failure is not null)
            throw new InvalidOperationException("A run ended with an exception.", failure);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
