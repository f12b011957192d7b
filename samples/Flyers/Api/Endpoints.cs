using System.Globalization;
using System.Text.Json;
using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Events;
using CsvHelper;
using Microsoft.AspNetCore.Http.HttpResults;
using StackExchange.Redis;

namespace CrashStreams.Samples.Flyers.Api;

/// <summary>The REST API.</summary>
internal static class Endpoints
{
    private const string Csv = "text/csv";

    public static void MapFlyers(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/api");
        api.MapGet("/health", Health);
        var answering = api.MapGroup("").AddEndpointFilter(AnswerUnavailable);
        answering.MapPost("/process", ProcessAsync);
        answering.MapGet("/results", ResultsAsync);
        answering.MapGet("/results/{user_id}", ResultAsync);
        answering.MapGet("/merchants", MerchantsAsync);
        answering.MapGet("/merchants.csv", async (FlyerService service) => CsvOf(await service.Results.MerchantsAsync()));
    }

    private static IResult Health(FlyerService service) => service.Fault is { } fault ? Unavailable(fault) : TypedResults.Json(new Answer("OK"), ApiJson.Default.Answer);

    private static async Task<IResult> ProcessAsync(HttpRequest request, FlyerService service, bool? wait, CancellationToken cancellation)
    {
        if (!request.HasJsonContentType())
            return TypedResults.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        using var body = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(body, cancellation);
        }
        catch (BadHttpRequestException e)
        {
            // It is too large, or it has ended early.
            return TypedResults.Json([new(-1, e.Message)], ApiJson.Default.ListBatchFault, statusCode: e.StatusCode);
        }

        List<FlyerEvent> events;
        List<BatchFault> faults;
        try
        {
            (events, faults) = BatchParser.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
        }
        catch (JsonException e)
        {
            return TypedResults.Json([new(-1, $"no JSON: {e.Message}")], ApiJson.Default.ListBatchFault, statusCode: StatusCodes.Status400BadRequest);
        }

        if (faults.Count > 0)
            return TypedResults.Json(faults, ApiJson.Default.ListBatchFault, statusCode: StatusCodes.Status400BadRequest);
        await service.TakeAsync(events, wait ?? true, cancellation);
        return wait == false ? TypedResults.Accepted((string?)null) : TypedResults.Json(await service.Results.UsersAsync(), ApiJson.Default.ListUserResult);
    }

    private static async Task<IResult> ResultsAsync(FlyerService service, string? limit, string? after)
    {
        var count = int.MaxValue;
        if (limit is not null && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0))
            return TypedResults.Json(new Answer("bad request", "limit is a whole number of at least 1"), ApiJson.Default.Answer, statusCode: StatusCodes.Status400BadRequest);
        var users = await service.Results.UsersAsync();
        return TypedResults.Json([.. users.Where(user => after is null || CodePointOrder.Instance.Compare(user.UserId, after) > 0).Take(count)], ApiJson.Default.ListUserResult);
    }

    private static async Task<IResult> ResultAsync(FlyerService service, string user_id) =>
        await service.Results.UserAsync(user_id) is { } user ? TypedResults.Json(user, ApiJson.Default.UserResult) : TypedResults.NotFound();

    private static async Task<IResult> MerchantsAsync(HttpRequest request, FlyerService service)
    {
        var merchants = await service.Results.MerchantsAsync();
        return request.GetTypedHeaders().Accept.Any(static accepted => accepted.MediaType == Csv) ? CsvOf(merchants) : TypedResults.Json(merchants, ApiJson.Default.ListMerchantResult);
    }

    private static ContentHttpResult CsvOf(List<MerchantResult> merchants)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = CsvWriter.Create(text, new CsvWriterOptions(), leaveOpen: true))
        {
            csv.WriteHeader(["merchant_id", "visits", "users", "avg_visit_seconds", "opens"]);
            foreach (var merchant in merchants)
            {
                csv.WriteField(merchant.MerchantId);
                csv.WriteField(merchant.Visits, default);
                csv.WriteField(merchant.Users, default);
                csv.WriteField(merchant.AvgVisitSeconds, default);
                csv.WriteField(merchant.Opens, default);
                csv.EndRecord();
            }
        }

        return TypedResults.Text(text.ToString(), $"{Csv}; charset=utf-8");
    }

    // What is away now may be back at the next attempt.
    private static async ValueTask<object?> AnswerUnavailable(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return context.HttpContext.RequestServices.GetRequiredService<FlyerService>().Fault is { } fault ? Unavailable(fault) : await next(context);
        }
        catch (Exception e) when (e is UnavailableException or RedisException or RedisTimeoutException or RedisIncompleteException)
        {
            return Unavailable(e.Message);
        }
    }

    private static IResult Unavailable(string reason) => TypedResults.Json(new Answer("unavailable", reason), ApiJson.Default.Answer, statusCode: StatusCodes.Status503ServiceUnavailable);
}
