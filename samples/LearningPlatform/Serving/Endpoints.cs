using System.ComponentModel;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>The API.</summary>
internal static class Endpoints
{
    public static void MapViews(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", HealthAsync).WithSummary("Whether the storage answers.").Produces<Health>().Produces<Fault>(StatusCodes.Status503ServiceUnavailable);
        routes.MapGet("/views", static () => TypedResults.Json(_views, ServingJson.Readable.IReadOnlyListViewDescription)).WithSummary("All views with their columns.").Produces<IReadOnlyList<ViewDescription>>();
        routes.MapGet("/views/{view}", View)
            .WithSummary("A view's rows of windows that end in (from, to].")
            .WithDescription("Batch rows up to the end of the batch, live rows after it, in the order of windows. Any other parameter is a column and the value that its rows have: ?user_id=u1.")
            .Produces(StatusCodes.Status200OK, contentType: "application/json").Produces<Fault>(StatusCodes.Status400BadRequest).Produces<Fault>(StatusCodes.Status404NotFound)
            .Produces<Fault>(StatusCodes.Status503ServiceUnavailable);
    }

    private static readonly IReadOnlyList<ViewDescription> _views =
    [
        .. ViewCatalog.All.Select(static view => new ViewDescription(
            view.Name, Jobs.NameOf(view.Job), view.Window.Size.TotalMinutes, view.Window.Advance.TotalMinutes,
            [.. view.Columns.Select(static column => new ColumnDescription(column.Name, column.Type.ToString().ToLowerInvariant(), column.IsNullable))])),
    ];

    private static async Task<IResult> HealthAsync(IViewStorage storage, CancellationToken cancellation)
    {
        await storage.CheckAsync(cancellation);
        return TypedResults.Json(new Health("OK"), ServingJson.Readable.Health);
    }

    private static IResult View(
        [Description("The view's name.")] string view, [Description("ISO time, exclusive.")] string? from, [Description("ISO time, inclusive.")] string? to, HttpRequest request, ViewReader reader,
        CancellationToken cancellation)
    {
        _ = (from, to); // ViewQuery reads them with the other parameters
        return ViewCatalog.Find(view) is { } found
            ? new RowsResult(reader.ReadAsync(ViewQuery.Parse(found, request.Query), cancellation))
            : TypedResults.Json(new Fault($"There is no view '{view}'. GET /views lists them."), ServingJson.Readable.Fault, statusCode: StatusCodes.Status404NotFound);
    }
}

/// <summary>What <c>/health</c> answers.</summary>
internal sealed record Health(string Status);

/// <summary>Why a request has no other answer.</summary>
internal sealed record Fault(string Error);

/// <summary>A view, for whoever asks which there are.</summary>
internal sealed record ViewDescription(string Name, string Job, double WindowMinutes, double AdvanceMinutes, IReadOnlyList<ColumnDescription> Columns);

/// <summary>A column of a view.</summary>
internal sealed record ColumnDescription(string Name, string Type, bool IsNullable);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(Fault))]
[JsonSerializable(typeof(IReadOnlyList<ViewDescription>))]
internal sealed partial class ServingJson : JsonSerializerContext
{
    /// <summary>With quotation marks that people can read: what is answered is JSON, not part of a page.</summary>
    public static ServingJson Readable { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
