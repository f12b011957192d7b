using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using CrashStreams.CommandLine;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Cli;

/// <summary>The one command: start a broker, say where it is, run until Ctrl-C.</summary>
internal static class BrokerCommand
{
    private const string Description = """
        A durable, single-node Kafka broker for development and tests. It listens on the loopback only.

        Examples:
          crashstreams-broker --port 9092 --data ./data            keep everything in ./data
          crashstreams-broker --memory --auto-create               nothing on disk, topics appear when used
          crashstreams-broker --data ./data --flush always         survive a power cut, too
        """;

    private static readonly Option<int> Port = new("--port") { Description = "The port to listen on; 0 takes a free one.", DefaultValueFactory = _ => 9092 };
    private static readonly Option<string?> Data = new("--data") { Description = "The directory that keeps topics, groups and transactions.", HelpName = "DIR" };
    private static readonly Option<bool> Memory = new("--memory") { Description = "Keep everything in memory, until the broker ends." };
    private static readonly ChoiceOption<FlushMode> Flush = new("--flush", "When acknowledged records are forced to the disk: always, at an interval of 1 s, or when the operating system does so.", FlushMode.Os);
    private static readonly Option<bool> AutoCreate = new("--auto-create") { Description = "Create topics when a client first uses them." };
    private static readonly Option<int> DefaultPartitions = new("--default-partitions") { Description = "Partitions of topics created without a number.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private static readonly Option<double> SessionTimeout = new("--session-timeout")
    {
        Description = "Seconds without a heartbeat after which a group goes on without a member of the consumer protocol.",
        DefaultValueFactory = _ => new BrokerOptions().ConsumerSessionTimeout.TotalSeconds,
        HelpName = "SECONDS",
    };
    private static readonly Option<string[]> Users = new("--user")
    {
        Description = "A user who may connect, with SASL; then everybody has to be one. May be given more than once.",
        HelpName = "NAME:PASSWORD",
        DefaultValueFactory = _ => [],
    };
    private static readonly Option<string[]> ReadOnly = new("--read-only") { Description = "A user who may read only.", HelpName = "NAME", DefaultValueFactory = _ => [] };
    private static readonly Option<string[]> TopicPrefix = new("--topic-prefix")
    {
        Description = "A user who may see and use only the topics, groups and transactional ids whose names begin with PREFIX.",
        HelpName = "NAME:PREFIX",
        DefaultValueFactory = _ => [],
    };
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Log what clients do wrong, too." };

    private static readonly Dictionary<string, string> _options = new()
    {
        [nameof(BrokerOptions.Port)] = Port.Name,
        [nameof(BrokerOptions.DefaultPartitions)] = DefaultPartitions.Name,
        [nameof(BrokerOptions.ConsumerSessionTimeout)] = SessionTimeout.Name,
    };

    public static RootCommand Create()
    {
        var command = new RootCommand(Description) { Port, Data, Memory, Flush, AutoCreate, DefaultPartitions, SessionTimeout, Users, ReadOnly, TopicPrefix, Verbose };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Memory) == (result.GetValue(Data) is not null))
                result.AddError("Say where the records go: either --data DIR or --memory.");
            foreach (var pair in (result.GetValue(Users) ?? []).Concat(result.GetValue(TopicPrefix) ?? []).Where(pair => pair.IndexOf(':') < 1))
                result.AddError($"'{pair}' is not of the form NAME:TEXT.");
            // An empty one would not restrict the user at all.
            foreach (var pair in (result.GetValue(TopicPrefix) ?? []).Where(pair => pair.EndsWith(':')))
                result.AddError($"'{pair}' has no prefix: leave {TopicPrefix.Name} out for a user who may use all topics.");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancelled)
    {
        var minimum = arguments.GetValue(Verbose) ? LogLevel.Debug : LogLevel.Error;
        // What happened to stored data, and which requests held up the others, is always told.
        using var log = new LineLog((category, level) => level >= minimum
            || (level >= LogLevel.Warning && category is EmbeddedBroker.StorageLogCategory or EmbeddedBroker.LoopLogCategory), Console.Error.WriteLine);
        try
        {
            var options = Read(arguments, log);
            SetSocketCompletions(options.Flush);
            await using var broker = await EmbeddedBroker.StartAsync(options, cancelled);
            Console.WriteLine($"Kafka broker ready: {broker.BootstrapServers}");
            await UntilStopped(cancelled);
            return 0;
        }
        catch (Exception error) when (error is ArgumentException or OverflowException)
        {
            return UsageErrors.Show(arguments, UsageException.Of(error, _options).Message);
        }
        catch (SocketException error)
        {
            await Console.Error.WriteLineAsync($"{error.Message} The option is --port.");
            return 1;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"The broker can't start: {error.Message}");
            return 1;
        }
    }

    private static BrokerOptions Read(ParseResult arguments, ILoggerFactory log) => new()
    {
        Port = arguments.GetValue(Port),
        DataDirectory = arguments.GetValue(Data),
        Flush = Flush.Read(arguments),
        AutoCreateTopics = arguments.GetValue(AutoCreate),
        DefaultPartitions = arguments.GetValue(DefaultPartitions),
        ConsumerSessionTimeout = TimeSpan.FromSeconds(arguments.GetValue(SessionTimeout)),
        Users = Pairs(arguments.GetValue(Users)),
        Access = AccessOf(arguments),
        LoggerFactory = log,
    };

    private static Dictionary<string, string> Pairs(string[]? pairs)
    {
        var byName = new Dictionary<string, string>();
        foreach (var pair in pairs ?? [])
            byName[pair[..pair.IndexOf(':')]] = pair[(pair.IndexOf(':') + 1)..];
        return byName;
    }

    private static Dictionary<string, UserAccess> AccessOf(ParseResult arguments)
    {
        var readers = arguments.GetValue(ReadOnly) ?? [];
        var prefixes = Pairs(arguments.GetValue(TopicPrefix));
        return readers.Union(prefixes.Keys).ToDictionary(user => user, user => new UserAccess { IsReadOnly = readers.Contains(user), TopicPrefix = prefixes.GetValueOrDefault(user, "") });
    }

    /// <summary>
    /// Requests are handled by the thread that waits for the sockets, without waking another: see docs/decisions/broker-process-settings.md.
    /// Not where each answer waits for the disk: that thread is to gather further requests meanwhile, which then share a flush.
    /// </summary>
    private static void SetSocketCompletions(FlushMode flush)
    {
        const string Name = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"; // the runtime reads it with the first socket
        if (flush != FlushMode.Always && Environment.GetEnvironmentVariable(Name) is null)
            Environment.SetEnvironmentVariable(Name, "1");
    }

    /// <summary>Ctrl-C cancels the command by itself; a polite kill should close the logs, too.</summary>
    private static async Task UntilStopped(CancellationToken cancelled)
    {
        var stopped = new TaskCompletionSource();
        using var onCancel = cancelled.Register(() => stopped.TrySetResult());
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stopped.TrySetResult();
        });
        await stopped.Task;
    }
}
