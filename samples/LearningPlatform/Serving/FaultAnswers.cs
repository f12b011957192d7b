namespace CrashStreams.Samples.Learning.Serving;

/// <summary>What goes wrong as an answer: 400 for a request that can't be used, 503 while the storage is away, 500 for a file that nobody can read; each says what and why.</summary>
internal static class FaultAnswers
{
    private const string RetryAfterSeconds = "1";

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception e) when (!context.Response.HasStarted && StatusOf(e) is { } status)
        {
            context.Response.Clear();
            if (status == StatusCodes.Status503ServiceUnavailable)
                context.Response.Headers.RetryAfter = RetryAfterSeconds;
            await TypedResults.Json(new Fault(e.Message), ServingJson.Readable.Fault, statusCode: status).ExecuteAsync(context);
        }
    }

    private static int? StatusOf(Exception exception) => exception switch
    {
        QueryException => StatusCodes.Status400BadRequest,
        // A client that sends half a request is told by the server itself.
        BadHttpRequestException => null,
        IOException => StatusCodes.Status503ServiceUnavailable,
        InvalidDataException => StatusCodes.Status500InternalServerError,
        _ => null,
    };
}
