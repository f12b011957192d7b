// A broker, and an application on it: what each logs, measures and traces is in Aspire's dashboard.
var builder = DistributedApplication.CreateBuilder(args);
var kafka = builder.AddProject<Projects.CrashStreams_Broker_Cli>("kafka").WithArgs("--memory", "--port", "9092");
builder.AddProject<Projects.VisitCounts>("visit-counts")
    .WithEnvironment("VisitCounts__Kafka__BootstrapServers", "localhost:9092")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WaitFor(kafka);
builder.Build().Run();
