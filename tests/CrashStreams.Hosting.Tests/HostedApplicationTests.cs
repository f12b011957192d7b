using System.Collections.Concurrent;
using CrashStreams.Processing;
using CrashStreams.RocksDb;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CrashStreams.Hosting.Tests;

public class HostedApplicationTests : HostTest
{
    [Fact]
    public async Task An_application_starts_with_the_host_answers_questions_and_commits_and_leaves_its_group_when_the_host_stops()
    {
        var builder = NewHost(("Counts:Delivery:CommitInterval", "00:10:00"), ("Counts:Kafka:BootstrapServers", Broker.BootstrapServers));
        var seen = new ConcurrentQueue<ApplicationActivity>();
        builder.Services.AddCrashStreams("counts", app => app.BindConfiguration("Counts").UseTopology(CountVisits).OnStatusChanged((status, _) => seen.Enqueue(status.Activity)));
        using var host = builder.Build();
        await VisitAsync("ann");

        await host.StartAsync();
        var application = host.Services.GetRequiredService<StreamsApplication>();
        await UntilAsync(async () => application.State == ApplicationState.Running && await CountAsync(application, "ann") == 1 && seen.Contains(ApplicationActivity.Running));
        await host.StopAsync();

        (await Broker.EndOffsetAsync("counts", 0)).Should().Be(1);
        (await Broker.CommittedOffsetsAsync("counts")).Should().Contain(KeyValuePair.Create(("visits", 0), 1L));
        (await Broker.MembersAsync("counts")).Should().BeEmpty();
        application.State.Should().Be(ApplicationState.Stopped);
        seen.Should().EndWith(ApplicationActivity.Stopped);
    }

    [Fact]
    public async Task A_setting_that_there_is_not_is_told_when_the_host_starts()
    {
        var builder = NewHost(("Counts:Deliverey:Guarantee", "ExactlyOnce"), ("Counts:Time:Grace", "00:00:01"), ("Counts:Kafka:BootstrapServers", Broker.BootstrapServers), ("Counts:Kafka:Properties:client.rack", "r1"));
        builder.Services.AddCrashStreams("counts", app => app.BindConfiguration("Counts").UseTopology(CountVisits));
        using var host = builder.Build();

        var told = await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<OptionsValidationException>();

        told.Which.Message.Should().ContainAll("'counts'", "'Counts:Deliverey' is no setting", "Delivery, ", "'Counts:Time:Grace' is no setting").And.NotContain("rack").And.NotContain("BootstrapServers'");
    }

    [Fact]
    public async Task A_host_has_several_applications_each_with_its_name_its_options_and_its_group()
    {
        var builder = NewHost(("Kafka:Kafka:BootstrapServers", Broker.BootstrapServers), ("First:ApplicationId", "the-first"), ("First:Threads", "2"));
        await Broker.CreateTopicAsync("copies");
        builder.Services.AddCrashStreams("first", app => app.BindConfiguration("Kafka").BindConfiguration("First").UseTopology(CountVisits));
        builder.Services.AddCrashStreams("second", app => app.BindConfiguration("Kafka").UseTopology((streams, _) => streams.Stream<string, string>("visits").To("copies")));
        using var host = builder.Build();
        await VisitAsync("ann");

        await host.StartAsync();
        await ResultsAsync("counts", 1);
        await ResultsAsync("copies", 1);

        var several = () => host.Services.GetRequiredService<StreamsApplication>();
        several.Should().Throw<InvalidOperationException>().WithMessage("*2 applications (first, second)*FromKeyedServices(\"first\")*");
        host.Services.GetRequiredKeyedService<StreamsApplication>("first").Should().NotBeSameAs(host.Services.GetRequiredKeyedService<StreamsApplication>("second"));
        (await Broker.MembersAsync("the-first")).Should().HaveCount(2);
        (await Broker.MembersAsync("second")).Should().ContainSingle();
        await host.StopAsync();
        (await Broker.MembersAsync("the-first")).Should().BeEmpty();
    }

    [Fact]
    public async Task Serdes_processors_and_storage_come_from_the_services()
    {
        using var folder = new TemporaryFolder();
        var builder = NewHost();
        builder.Services.AddSingleton(new Greeting("hello"));
        builder.Services.AddTransient<Greeter>();
        builder.Services.AddCrashStreams("greeter", app => app
            .UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers)
            .Configure((options, services) => options.HostInfo = services.GetRequiredService<Greeting>().Text)
            .UseState(_ => new RocksDbState(new RocksDbOptions { Directory = folder.Path }))
            .UseTopology((streams, services) =>
            {
                var visits = streams.Stream<string, string>("visits");
                visits.Process(services.GetRequiredService<Greeter>).To("counts");
                visits.GroupByKey().Count("visits-per-user");
            }));
        using var host = builder.Build();
        await VisitAsync("ann");

        await host.StartAsync();
        await ResultsAsync("counts", 1);
        await host.StopAsync();

        (await Broker.ReadAsync("counts", 0)).Select(record => System.Text.Encoding.UTF8.GetString(record.Value!)).Should().Equal("hello ann");
        Directory.EnumerateFileSystemEntries(folder.Path).Should().NotBeEmpty();
    }

    [Fact]
    public async Task Wrong_options_end_the_start_with_every_fault_of_every_application()
    {
        var builder = NewHost(("Bad:Threads", "0"), ("Bad:Time:IdleAfter", "-00:00:01"));
        builder.Services.AddCrashStreams("bad", app => app.BindConfiguration("Bad").UseTopology(CountVisits));
        builder.Services.AddCrashStreams("worse", app => app.Configure(options => options.ApplicationId = "a b").UseKafka(kafka => kafka.BootstrapServers = "x:1").UseTopology(CountVisits));
        using var host = builder.Build();

        var thrown = await Xunit.Record.ExceptionAsync(() => host.StartAsync());

        thrown!.ToString().Should().ContainAll("'bad'", "Threads is 0", "Time.IdleAfter is -00:00:01", "BootstrapServers is empty", "'worse'", "ApplicationId 'a b'");
    }

    [Theory]
    [InlineData("Delivery", "ExactlyOnce", "'Counts:Delivery' is a group of settings", "the value 'ExactlyOnce'", "'Counts:Delivery:...'")]
    [InlineData("Threads:Count", "2", "'Counts:Threads' is one value (Int32)", "'Counts:Threads:Count'")]
    [InlineData("Time:IdleAfter", "5", "'Counts:Time:IdleAfter' is '5', which would be 5 days", "'00:00:05'")]
    [InlineData("Kafka:Linger", "10", "'Counts:Kafka:Linger' is '10', which would be 10 days", "hours:minutes:seconds")]
    [InlineData("Kafka:Properties", "security.protocol=SSL", "'Counts:Kafka:Properties' is a group of settings")]
    [InlineData("Faults:Handler", "Skip", "'Counts:Faults:Handler' can't be set by configuration", "Configure")]
    [InlineData("State:Storage", "RocksDb", "'Counts:State:Storage' can't be set by configuration", "Configure")]
    [InlineData("Time:MaxFutur", "1:00", "'Counts:Time:MaxFutur' is no setting", "MaxFuture")]
    [InlineData("Threads", "100000", "Threads is 100000: choose 1 to 1000")]
    public async Task What_binding_would_pass_over_or_take_for_something_else_ends_the_start(string setting, string value, params string[] told)
    {
        var builder = NewHost(("Counts:Kafka:BootstrapServers", "localhost:1"), ($"Counts:{setting}", value));
        builder.Services.AddCrashStreams("counts", app => app.BindConfiguration("Counts").UseTopology(CountVisits));
        using var host = builder.Build();

        var thrown = await Xunit.Record.ExceptionAsync(() => host.StartAsync());

        thrown!.ToString().Should().ContainAll([.. told, "Application 'counts'", nameof(OptionsValidationException)]);
    }

    [Fact]
    public async Task Times_may_be_zero_and_dictionaries_may_be_empty()
    {
        var builder = NewHost(("Counts:Kafka:BootstrapServers", Broker.BootstrapServers), ("Counts:Kafka:Linger", "0"), ("Counts:Kafka:Properties", ""));
        builder.Services.AddCrashStreams("counts", app => app.BindConfiguration("Counts").UseTopology(CountVisits));
        using var host = builder.Build();

        await host.StartAsync();
        await host.StopAsync();
    }

    [Fact]
    public async Task A_section_that_there_is_not_is_named()
    {
        var builder = NewHost(("Count:Kafka:BootstrapServers", Broker.BootstrapServers));
        builder.Services.AddCrashStreams("counts", app => app.BindConfiguration("Counts").UseTopology(CountVisits));
        using var host = builder.Build();

        var thrown = await Xunit.Record.ExceptionAsync(() => host.StartAsync());

        thrown!.ToString().Should().ContainAll("has no section 'Counts'", "it has 'Count'", "BootstrapServers is empty");
    }

    [Theory]
    [InlineData(nameof(StreamsApplicationBuilder.UseTopology))]
    [InlineData(nameof(StreamsApplicationBuilder.UseClients))]
    [InlineData(nameof(StreamsApplicationBuilder.UseState))]
    public async Task A_function_that_returns_nothing_is_named(string method)
    {
        var builder = NewHost();
        builder.Services.AddCrashStreams("counts", app =>
        {
            app.UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers).UseTopology(CountVisits);
            _ = method switch
            {
                nameof(StreamsApplicationBuilder.UseTopology) => app.UseTopology(static () => null!),
                nameof(StreamsApplicationBuilder.UseClients) => app.UseClients(static _ => null!),
                _ => app.UseState(static _ => null!),
            };
        });
        using var host = builder.Build();

        var start = () => host.StartAsync();

        await start.Should().ThrowAsync<InvalidOperationException>().WithMessage($"Application 'counts': the function that {method} got returned null.");
    }

    [Fact]
    public async Task A_property_that_can_not_have_its_value_is_named_without_the_value()
    {
        var builder = NewHost();
        builder.Services.AddCrashStreams("counts", app => app
            .UseKafka(kafka => (kafka.BootstrapServers, kafka.Properties) = (Broker.BootstrapServers, new Dictionary<string, string> { ["security.protocol"] = "secret" }))
            .UseTopology(CountVisits));
        using var host = builder.Build();
        var application = host.Services.GetRequiredService<StreamsApplication>();

        await host.StartAsync();

        var completion = () => application.Completion.WaitAsync(TimeSpan.FromMinutes(1));
        (await completion.Should().ThrowAsync<Log.LogException>()).Which.Message.Should().Contain("'security.protocol'").And.NotContain("secret");
    }

    [Fact]
    public async Task A_host_that_is_disposed_without_being_stopped_says_nothing_of_disposed_services()
    {
        var faults = new ConcurrentQueue<Exception>();
        var builder = NewHost();
        builder.Logging.AddProvider(new FaultCollector(faults));
        builder.Services.AddCrashStreams("counts", app => app.UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers).UseTopology(CountVisits));
        var host = builder.Build();
        await host.StartAsync();
        var application = host.Services.GetRequiredService<StreamsApplication>();
        await UntilAsync(() => Task.FromResult(application.State == ApplicationState.Running));

        host.Dispose();

        await UntilAsync(() => Task.FromResult(application.State == ApplicationState.Stopped));
        faults.OfType<ObjectDisposedException>().Should().BeEmpty();
    }

    [Fact]
    public async Task A_topology_that_cannot_be_built_ends_the_start()
    {
        var builder = NewHost();
        builder.Services.AddCrashStreams("bad", app => app
            .UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers)
            .UseTopology((streams, _) => streams.Stream<string, HostedApplicationTests>("visits").To("counts")));
        using var host = builder.Build();

        var start = () => host.StartAsync();

        (await start.Should().ThrowAsync<TopologyException>()).WithMessage("*serde*");
    }

    [Fact]
    public void Misuse_is_told_where_it_happens()
    {
        var services = new ServiceCollection();
        services.AddCrashStreams("counts", app => app.UseTopology(CountVisits));

        var twice = () => services.AddCrashStreams("counts", app => app.UseTopology(CountVisits));
        var without = () => services.AddCrashStreams("empty", _ => { });
        var unnamed = () => services.AddCrashStreams(" ", app => app.UseTopology(CountVisits));

        twice.Should().Throw<ArgumentException>().WithMessage("The host has an application 'counts' already*");
        without.Should().Throw<ArgumentException>().WithMessage("The application 'empty' has no topology: call UseTopology.*");
        unnamed.Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task A_fault_of_the_application_stops_the_host()
    {
        var builder = NewHost();
        builder.Services.AddCrashStreams("failing", app => app
            .UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers)
            .UseTopology((streams, _) => streams.Stream<string, string>("visits").MapValues<string>(_ => throw new FormatException("no such visit")).To("counts")));
        using var host = builder.Build();
        var stopping = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => stopping.TrySetResult());
        await VisitAsync("ann");

        await host.StartAsync();
        await stopping.Task.WaitAsync(TimeSpan.FromMinutes(1));

        host.Services.GetRequiredService<StreamsApplication>().Status.Should().Match<ApplicationStatus>(status => status.Activity == ApplicationActivity.Failed && status.Detail.Contains("FormatException"));
    }

    [Fact]
    public async Task A_topology_that_is_busy_for_ever_does_not_keep_the_host_beyond_its_deadline()
    {
        using var busy = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var builder = NewHost();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        builder.Services.AddCrashStreams("busy", app => app
            .UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers)
            .UseTopology((streams, _) => streams.Stream<string, string>("visits").Peek((_, _) =>
            {
                busy.Set();
                release.Wait();
            }).To("counts")));
        var host = builder.Build();
        await VisitAsync("ann");
        await host.StartAsync();
        busy.Wait(TimeSpan.FromMinutes(1)).Should().BeTrue();
        var application = host.Services.GetRequiredService<StreamsApplication>();

        var stop = async () =>
        {
            await host.StopAsync();
            host.Dispose();
        };

        var ended = stop();
        (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System))).Should().BeSameAs(ended);
        application.Completion.IsCompleted.Should().BeFalse("its thread is still busy");
        release.Set();
        await application.Completion.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Every_option_can_be_set_by_configuration_and_by_code()
    {
        foreach (var property in new[] { typeof(StreamsOptions), typeof(DeliveryOptions), typeof(TimeOptions), typeof(FaultOptions), typeof(StateOptions), typeof(Kafka.KafkaOptions) }.SelectMany(type => type.GetProperties()).Where(property => property.CanWrite))
            property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Should().BeEmpty($"{property.DeclaringType!.Name}.{property.Name} is set after the object was made; an init accessor is skipped in silence");
    }

    [Fact]
    public void Configuration_reaches_times_numbers_choices_and_properties_of_the_client()
    {
        var builder = NewHost(
            ("S:Threads", "2"), ("S:ReplicationFactor", "3"), ("S:Delivery:Guarantee", "ExactlyOnce"), ("S:Delivery:CommitInterval", "00:00:00.250"), ("S:Time:MaxFuture", "02:00:00"),
            ("S:Time:CloseAfterIdle", "00:01:00"), ("S:State:CacheBytes", "5000000000"), ("S:State:Orphaned", "Fail"), ("S:Faults:OnProcessing", "DeadLetter"), ("S:Faults:DeadLetterTopic", "dead"),
            ("S:Kafka:BootstrapServers", "kafka:9092"), ("S:Kafka:Properties:security.protocol", "SASL_SSL"), ("S:Kafka:GroupProtocol", "Classic"), ("S:Kafka:Linger", "00:00:00.005"));
        builder.Services.AddCrashStreams("s", app => app.BindConfiguration("S").UseTopology(CountVisits));
        using var host = builder.Build();

        var streams = host.Services.GetRequiredService<IOptionsMonitor<StreamsOptions>>().Get("s");
        var kafka = host.Services.GetRequiredService<IOptionsMonitor<Kafka.KafkaOptions>>().Get("s");

        streams.Should().Be(new StreamsOptions
        {
            ApplicationId = "s", Threads = 2, ReplicationFactor = 3,
            Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce, CommitInterval = TimeSpan.FromMilliseconds(250) },
            Time = { MaxFuture = TimeSpan.FromHours(2), CloseAfterIdle = TimeSpan.FromMinutes(1) },
            State = { CacheBytes = 5_000_000_000, Orphaned = OrphanedState.Fail },
            Faults = { OnProcessing = FaultResponse.DeadLetter, DeadLetterTopic = "dead" },
        });
        kafka.BootstrapServers.Should().Be("kafka:9092");
        kafka.Properties.Should().Equal(new Dictionary<string, string> { ["security.protocol"] = "SASL_SSL" });
        kafka.GroupProtocol.Should().Be(Kafka.GroupProtocol.Classic);
        kafka.Linger.Should().Be(TimeSpan.FromMilliseconds(5));
    }

    private static async Task<long?> CountAsync(StreamsApplication application, string user)
    {
        try
        {
            return (await application.KeyValueStore<string, long>("visits-per-user").GetAsync(user))?.Value;
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }

    private sealed record Greeting(string Text);

    private sealed class Greeter(Greeting greeting) : Processor<string, string, string, string>
    {
        public override void Process(in Record<string, string> record) => Forward(record.WithValue($"{greeting.Text} {record.Key}"));
    }

    private sealed class FaultCollector(ConcurrentQueue<Exception> faults) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not null)
                faults.Enqueue(exception);
        }

        public void Dispose()
        {
        }
    }
}
