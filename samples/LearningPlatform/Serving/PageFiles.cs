namespace CrashStreams.Samples.Learning.Serving;

/// <summary>The page with charts, from the program itself: nothing is loaded from anywhere else.</summary>
internal static class PageFiles
{
    // Scripts and styles of this server only; text of events never becomes one.
    private const string Policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        foreach (var (path, name, type) in new[] { ("/", "index.html", "text/html"), ("/page.js", "page.js", "text/javascript"), ("/page.css", "page.css", "text/css") })
        {
            var content = Read(name);
            routes.MapGet(path, (HttpResponse response) =>
            {
                response.Headers.ContentSecurityPolicy = Policy;
                response.Headers.XContentTypeOptions = "nosniff";
                return TypedResults.Bytes(content, $"{type}; charset=utf-8");
            }).ExcludeFromDescription();
        }
    }

    private static byte[] Read(string name)
    {
        using var resource = typeof(PageFiles).Assembly.GetManifestResourceStream(name)!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
