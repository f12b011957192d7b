using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CrashStreams.SchemaRegistry.Tests;

/// <summary>A schema registry in memory that speaks the HTTP API of Confluent's, as far as its .NET clients use it: the same schema has one id, a subject has versions.</summary>
internal sealed class SchemaRegistryServer : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly Lock _lock = new();
    private readonly List<(string Type, string Schema, string References)> _schemas = [];
    private readonly ConcurrentDictionary<string, List<int>> _subjects = [];

    private SchemaRegistryServer(WebApplication web) => _web = web;

    public string Url => _web.Urls.Single();

    /// <summary>Subjects that schemas were registered under.</summary>
    public IEnumerable<string> Subjects => _subjects.Keys.Order(StringComparer.Ordinal);

    /// <summary>What the latest schema of a subject imports: names and subjects.</summary>
    public IEnumerable<string> ReferencesOf(string subject) => JsonNode.Parse(_schemas[_subjects[subject][^1] - 1].References)!.AsArray().Select(static r => $"{r!["name"]} of {r["subject"]}, version {r["version"]}");

    /// <summary>While it is set every request is answered with 503.</summary>
    public bool IsDown { get; set; }

    public static async Task<SchemaRegistryServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new SchemaRegistryServer(builder.Build());
        server._web.Use(async (context, next) =>
        {
            if (server.IsDown)
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            else
                await next(context);
        });
        server.Map();
        await server._web.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private void Map()
    {
        _web.MapPost("/subjects/{subject}/versions", async (string subject, HttpRequest request) => Answer(new() { ["id"] = Register(subject, await BodyAsync(request)).Id }));
        _web.MapPost("/subjects/{subject}", async (string subject, HttpRequest request) =>
        {
            var (id, version) = Find(subject, await BodyAsync(request));
            return version == 0 ? Error(40403, "Schema not found") : Answer(Described(subject, id, version));
        });
        _web.MapGet("/subjects/{subject}/versions/latest", (string subject) =>
            _subjects.TryGetValue(subject, out var versions) ? Answer(Described(subject, versions[^1], versions.Count)) : Error(40401, "Subject not found"));
        // Which subject a topic has when it is not named after it: none here.
        _web.MapGet("/associations/{**resource}", () => Results.Text("[]", "application/vnd.schemaregistry.v1+json"));
        _web.MapGet("/schemas/ids/{id:int}", (int id) =>
        {
            lock (_lock)
                return id >= 1 && id <= _schemas.Count ? Answer(Body(id)) : Error(40403, "Schema not found");
        });
    }

    private (int Id, int Version) Register(string subject, (string Type, string Schema, string References) schema)
    {
        lock (_lock)
        {
            var id = _schemas.IndexOf(schema) + 1;
            if (id == 0)
            {
                _schemas.Add(schema);
                id = _schemas.Count;
            }

            var versions = _subjects.GetOrAdd(subject, static _ => []);
            if (!versions.Contains(id))
                versions.Add(id);
            return (id, versions.IndexOf(id) + 1);
        }
    }

    private (int Id, int Version) Find(string subject, (string Type, string Schema, string References) schema)
    {
        lock (_lock)
        {
            var id = _schemas.IndexOf(schema) + 1;
            return (id, _subjects.TryGetValue(subject, out var versions) ? versions.IndexOf(id) + 1 : 0);
        }
    }

    private JsonObject Described(string subject, int id, int version)
    {
        var body = Body(id);
        (body["subject"], body["id"], body["version"]) = (subject, id, version);
        return body;
    }

    // Avro is the type that is not said.
    private JsonObject Body(int id)
    {
        var (type, schema, references) = _schemas[id - 1];
        var body = new JsonObject { ["schema"] = schema };
        if (type != "AVRO")
            body["schemaType"] = type;
        if (references != "[]")
            body["references"] = JsonNode.Parse(references);
        return body;
    }

    private static async Task<(string Type, string Schema, string References)> BodyAsync(HttpRequest request)
    {
        var body = (await JsonNode.ParseAsync(request.Body))!;
        return ((string?)body["schemaType"] ?? "AVRO", (string)body["schema"]!, body["references"]?.ToJsonString() ?? "[]");
    }

    private static IResult Answer(JsonObject body) => Results.Text(body.ToJsonString(), "application/vnd.schemaregistry.v1+json");

    private static IResult Error(int code, string message) =>
        Results.Text(new JsonObject { ["error_code"] = code, ["message"] = message }.ToJsonString(), "application/vnd.schemaregistry.v1+json", statusCode: code / 100);
}
