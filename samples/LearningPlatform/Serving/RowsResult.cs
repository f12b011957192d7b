using System.Buffers;
using System.Text.Json;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>
/// A JSON array of rows as they are read. Nothing is sent before the first megabyte, so that a storage that goes away gives a clear answer; when it goes away later the connection is broken off, and
/// nobody takes half an answer for a whole one.
/// </summary>
internal sealed class RowsResult(IAsyncEnumerable<ViewRow> rows) : IResult
{
    private const int PieceBytes = 1024 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/json; charset=utf-8";
        var buffer = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(buffer);
        try
        {
            json.WriteStartArray();
            await foreach (var row in rows.WithCancellation(httpContext.RequestAborted))
            {
                RowJson.Write(json, row);
                if (buffer.WrittenCount + json.BytesPending >= PieceBytes)
                    await SendAsync();
            }

            json.WriteEndArray();
            await SendAsync();
        }
        catch (Exception e) when (response.HasStarted && e is not OperationCanceledException)
        {
            httpContext.Abort();
            throw;
        }

        async Task SendAsync()
        {
            await json.FlushAsync(httpContext.RequestAborted);
            await response.Body.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted);
            buffer.ResetWrittenCount();
        }
    }
}
