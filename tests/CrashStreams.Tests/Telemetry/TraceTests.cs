using System.Diagnostics;
using System.Text;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Telemetry;

/// <summary>Spans follow a record through tasks, shuffles and sinks.</summary>
public sealed class TraceTests : IDisposable
{
    private const string Sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly List<Activity> _spans = [];
    private readonly string _application = $"trace-{Guid.NewGuid():N}";
    private readonly string _input;
    private readonly ActivityListener _listener;
    private Func<ActivityContext, ActivitySamplingResult> _sample = static parent =>
        parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None;

    public TraceTests()
    {
        _input = $"{_application}-in";
        _listener = new()
        {
            ShouldListenTo = static source => source.Name == StreamsTelemetry.ActivitySourceName,
            // Other tests run at the same time, and some of them count what is allocated.
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Name.Contains(_application, StringComparison.Ordinal) ? _sample(options.Parent) : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (Equals(span.GetTagItem("messaging.consumer.group.name"), _application))
                    _spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    private TopologyTestDriver Run(Func<string, string>? map = null, Action<StreamsOptions>? configure = null)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(_input).MapValues(map ?? (static value => value)).GroupBy((_, user) => user, new() { Name = "by-user" }).Count("counts").ToStream().To("out");
        var options = new StreamsOptions { ApplicationId = _application };
        configure?.Invoke(options);
        return new(builder.Build(), options);
    }

    private void Pipe(TopologyTestDriver driver, string value, string? traceparent) =>
        driver.Pipe(_input, null, Encoding.UTF8.GetBytes(value), 1000, traceparent is null ? null : new Headers().Add("traceparent", traceparent).Add("tracestate", "vendor=7"));

    private static string?[] TraceParents(TopologyTestDriver driver) =>
        [.. driver.Read("out").Select(static result => result.Headers?.Single(static header => header.Key == "traceparent").Value is { } bytes ? Encoding.UTF8.GetString(bytes) : null)];

    [Fact]
    public void A_record_makes_one_span_in_each_task_and_its_result_carries_the_trace_on()
    {
        using var driver = Run();
        Pipe(driver, "ann", Sampled);

        var (first, second) = (_spans[0], _spans[1]);
        _spans.Should().HaveCount(2);
        first.ParentId.Should().Be(Sampled);
        first.DisplayName.Should().Be($"process {_input}");
        first.Kind.Should().Be(ActivityKind.Consumer);
        second.ParentSpanId.Should().Be(first.SpanId);
        second.TraceId.ToString().Should().Be("0af7651916cd43dd8448eb211c80319c");
        second.TraceStateString.Should().Be("vendor=7");
        second.DisplayName.Should().Be($"process {_application}-by-user-repartition");
        TraceParents(driver).Should().Equal(second.Id);
    }

    [Fact]
    public void A_span_says_where_its_record_is_from()
    {
        using var driver = Run();
        Pipe(driver, "ann", Sampled);

        _spans[0].TagObjects.Should().Contain(
            [new("messaging.system", "kafka"), new("messaging.operation.type", "process"), new("messaging.destination.name", _input), new("messaging.destination.partition.id", "0"), new("messaging.kafka.offset", 0L), new("crashstreams.task", "0_0")]);
    }

    [Fact]
    public void A_record_that_is_not_sampled_makes_no_span_and_its_context_goes_on()
    {
        using var driver = Run();
        Pipe(driver, "ann", Sampled[..^2] + "00");
        Pipe(driver, "bob", null);

        _spans.Should().BeEmpty();
        TraceParents(driver).Should().Equal(Sampled[..^2] + "00", null);
    }

    [Fact]
    public void A_record_without_context_begins_a_trace_when_the_sampler_says_so()
    {
        _sample = static _ => ActivitySamplingResult.AllDataAndRecorded;
        using var driver = Run();
        Pipe(driver, "ann", null);

        _spans.Should().HaveCount(2);
        _spans[0].Parent.Should().BeNull();
        _spans[0].ParentId.Should().BeNull();
        _spans[1].ParentSpanId.Should().Be(_spans[0].SpanId);
    }

    [Fact]
    public void What_an_operator_does_belongs_to_the_span()
    {
        string? inside = null;
        using var driver = Run(value =>
        {
            inside = Activity.Current?.Id;
            return value;
        });
        Pipe(driver, "ann", Sampled);

        inside.Should().Be(_spans[0].Id);
        Activity.Current.Should().BeNull();
    }

    [Fact]
    public void A_record_that_fails_and_one_that_is_dropped_are_seen_on_their_spans()
    {
        using var driver = Run(static value => value == "bad" ? throw new FormatException("no user") : value, static options => options.Faults.OnProcessing = FaultResponse.Skip);
        Pipe(driver, "bad", Sampled);

        _spans.Single().Status.Should().Be(ActivityStatusCode.Error);
        _spans.Single().Events.Select(static e => e.Name).Should().Equal("exception", "dropped");
    }
}
