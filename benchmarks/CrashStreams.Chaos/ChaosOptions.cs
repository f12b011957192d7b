using System.Globalization;

namespace CrashStreams.Chaos;

/// <summary>What is run, and for how long.</summary>
public sealed record ChaosOptions
{
    private const string Usage = "chaos [--minutes M] [--guarantee exactly_once|at_least_once] [--broker embedded|kafka] [--state memory|rocksdb] [--seed S] [--rate LINES] [--directory DIR]";

    /// <summary>How long faults happen; starting, draining and verifying come on top.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(2);

    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.ExactlyOnce;

    /// <summary>Apache Kafka from <c>KAFKA_TEST_HOME</c>, or the embedded broker.</summary>
    public bool IsKafka { get; init; }

    /// <summary>Monitors keep their state on disk, each in a folder of its own, from start to start.</summary>
    public bool IsOnDisk { get; init; }

    /// <summary>Decides which faults happen when.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Log lines per second.</summary>
    public int Rate { get; init; } = 1000;

    /// <summary>Logs of all processes, and the broker's data.</summary>
    public string Directory { get; init; } = "";

    public string GuaranteeName => Guarantee == ProcessingGuarantee.ExactlyOnce ? "exactly_once" : "at_least_once";

    public string BrokerName => IsKafka ? "kafka" : "embedded";

    public string StateName => IsOnDisk ? "rocksdb" : "memory";

    /// <summary>Where monitors keep their state.</summary>
    internal string StateDirectory => Path.Combine(Directory, "state");

    /// <summary>Leaves only the logs.</summary>
    public void DeleteData()
    {
        foreach (var data in new[] { Path.Combine(Directory, "data"), Path.Combine(Directory, "broker"), StateDirectory }.Where(System.IO.Directory.Exists))
            System.IO.Directory.Delete(data, recursive: true);
    }

    /// <exception cref="ArgumentException">An argument is wrong; the message is the usage.</exception>
    public static ChaosOptions Parse(string[] arguments)
    {
        var options = new ChaosOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length)
                throw new ArgumentException($"{arguments[i]} needs a value. {Usage}");
            options = options.With(arguments[i], arguments[i + 1]);
        }

        return options.Directory.Length > 0
            ? options
            : options with { Directory = Path.GetFullPath(Path.Combine("artifacts", "chaos", $"{options.GuaranteeName}-{options.BrokerName}-{options.StateName}-{options.Seed}")) };
    }

    private ChaosOptions With(string name, string value) => (name, value) switch
    {
        ("--minutes", _) when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes) && minutes > 0 => this with { Duration = TimeSpan.FromMinutes(minutes) },
        ("--guarantee", "exactly_once") => this with { Guarantee = ProcessingGuarantee.ExactlyOnce },
        ("--guarantee", "at_least_once") => this with { Guarantee = ProcessingGuarantee.AtLeastOnce },
        ("--broker", "embedded") => this with { IsKafka = false },
        ("--broker", "kafka") => this with { IsKafka = true },
        ("--state", "memory") => this with { IsOnDisk = false },
        ("--state", "rocksdb") => this with { IsOnDisk = true },
        ("--seed", _) when int.TryParse(value, CultureInfo.InvariantCulture, out var seed) => this with { Seed = seed },
        ("--rate", _) when int.TryParse(value, CultureInfo.InvariantCulture, out var rate) && rate > 0 => this with { Rate = rate },
        ("--directory", _) => this with { Directory = Path.GetFullPath(value) },
        _ => throw new ArgumentException($"{name} {value} is not understood. {Usage}"),
    };
}
