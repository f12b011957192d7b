using System.Net;
using System.Net.Sockets;
using CrashStreams.Samples.Storage;
using CrashStreams.Sinks.S3;

namespace CrashStreams.Sinks.Tests.S3;

/// <summary>A bucket over HTTP: what comes back, and what is said when nothing does.</summary>
public sealed class S3BucketTests(S3Server server) : IClassFixture<S3Server>, IDisposable
{
    private readonly S3Bucket _bucket = new(S3Server.Options(server.Url)) { PageSize = 3 };

    [Theory]
    [InlineData("plain", 0)]
    [InlineData("view/date=2026-01-31/hour=08/app-files-0-000000000000-000000000041-5d2f0c11.parquet", 1)]
    [InlineData("names/with space + plus & ünïcode/100%", 70_000)]
    public async Task Contents_come_back_as_they_were_put_under_any_name(string name, int size)
    {
        var content = Enumerable.Range(0, size).Select(i => (byte)(i % 251)).ToArray();

        await _bucket.PutAsync(name, content, CancellationToken.None);

        (await _bucket.GetAsync(name, CancellationToken.None)).Should().Equal(content, "without the framing of chunks");
        (await NamesAsync(name)).Should().Equal(name);
        await _bucket.DeleteAsync(name, CancellationToken.None);
        (await _bucket.GetAsync(name, CancellationToken.None)).Should().BeNull();
        await _bucket.DeleteAsync(name, CancellationToken.None);
    }

    [Fact]
    public async Task Lists_go_over_pages_and_have_only_what_begins_with_the_prefix()
    {
        var names = Enumerable.Range(10, 10).Select(i => $"pages/hour={i}/a").ToList();
        foreach (var name in names.AsEnumerable().Reverse().Append("pages-of-others"))
            await _bucket.PutAsync(name, new byte[] { 1, 2 }, CancellationToken.None);

        (await NamesAsync("pages/")).Should().Equal(names);
        (await NamesAsync("pages/hour=12/")).Should().Equal("pages/hour=12/a");
        (await NamesAsync("nothing/")).Should().BeEmpty();
    }

    [Fact]
    public async Task An_object_that_is_replaced_by_other_content_has_another_version()
    {
        await _bucket.PutAsync("version", new byte[] { 1 }, CancellationToken.None);
        var first = (await ListAsync("version")).Single();
        await _bucket.PutAsync("version", new byte[] { 1 }, CancellationToken.None);
        var same = (await ListAsync("version")).Single();
        await _bucket.PutAsync("version", new byte[] { 2, 3 }, CancellationToken.None);
        var other = (await ListAsync("version")).Single();

        first.Should().Be(same).And.Match<StoredObject>(found => found.Size == 1);
        other.Version.Should().NotBe(first.Version);
        other.Size.Should().Be(2);
    }

    [Fact]
    public async Task A_bucket_that_is_missing_is_named()
    {
        using var missing = new S3Bucket(S3Server.Options(server.Url, "missing"));

        foreach (var ask in Requests(missing))
            (await ask.Should().ThrowAsync<IOException>()).WithMessage($"there is no bucket 'missing' at http://127.0.0.1:{server.Url.Port}. Create it*");
    }

    [Fact]
    public async Task Keys_that_are_refused_are_told_with_the_variables_to_look_at()
    {
        using var wrong = new S3Bucket(S3Server.Options(server.Url, key: "unknown"));

        foreach (var ask in Requests(wrong))
            (await ask.Should().ThrowAsync<IOException>()).WithMessage("*refuses access to bucket 'rows' (InvalidAccessKeyId)*AWS_SECRET_ACCESS_KEY*");
    }

    [Fact]
    public async Task Where_nobody_listens_or_nobody_answers_it_is_told()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var unanswered = new S3Bucket(S3Server.Options(new($"http://127.0.0.1:{port}"), timeout: TimeSpan.FromMilliseconds(200)));
        using var nobody = new S3Bucket(S3Server.Options(new("http://127.0.0.1:1")));

        foreach (var ask in Requests(unanswered))
            (await ask.Should().ThrowAsync<IOException>()).WithMessage($"the storage at http://127.0.0.1:{port} did not answer within 0.2 s.");
        foreach (var ask in Requests(nobody))
            (await ask.Should().ThrowAsync<IOException>()).WithMessage("no storage answers at http://127.0.0.1:1: Connection refused*");
    }

    [Fact]
    public async Task Who_gives_up_is_told_so()
    {
        foreach (var ask in new Func<CancellationToken, Task>[] { _bucket.CheckAsync, token => _bucket.PutAsync("a", new byte[1], token), token => _bucket.GetAsync("a", token) })
            await FluentActions.Awaiting(() => ask(new(canceled: true))).Should().ThrowAsync<OperationCanceledException>();
    }

    [Theory]
    [InlineData("ftp://storage", "rows", "*'ftp://storage/' is no address of a storage*")]
    [InlineData("http://storage", "No Bucket", "*'No Bucket' is no bucket's name*")]
    public void What_can_not_be_used_is_refused_before_anything_is_sent(string url, string bucket, string message) =>
        FluentActions.Invoking(() => new S3Bucket(S3Server.Options(new(url), bucket))).Should().Throw<ArgumentException>().WithMessage(message);

    public void Dispose() => _bucket.Dispose();

    private static IEnumerable<Func<Task>> Requests(S3Bucket bucket) =>
    [
        () => bucket.CheckAsync(CancellationToken.None),
        () => bucket.PutAsync("a", new byte[1], CancellationToken.None),
        () => bucket.GetAsync("a", CancellationToken.None),
        async () => await bucket.ListAsync("", CancellationToken.None).CountAsync(),
    ];

    private async Task<List<string>> NamesAsync(string prefix) => (await ListAsync(prefix)).ConvertAll(static found => found.Name);

    private async Task<List<StoredObject>> ListAsync(string prefix) => await _bucket.ListAsync(prefix, CancellationToken.None).ToListAsync();
}
