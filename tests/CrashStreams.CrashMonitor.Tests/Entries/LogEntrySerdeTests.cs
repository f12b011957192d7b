using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.CrashMonitor.Tests;

public class LogEntrySerdeTests
{
    private const string Usual =
        """{"timestamp":1768142570,"status":"error","severity":"High","source_ip":"10.0.0.6","user_id":"user_1836","content":"service crash detected"}""";

    private readonly LogEntrySerde _serde = new();

    [Fact]
    public void A_usual_line_is_read()
        => _serde.Deserialize(Encoding.UTF8.GetBytes(Usual)).Should().Be(new LogEntry(1_768_142_570_000, Severity.High, "user_1836", true));

    [Theory]
    [InlineData("", MalformedReason.NotJson)]
    [InlineData("crash", MalformedReason.NotJson)]
    [InlineData("[1]", MalformedReason.NotJson)]
    [InlineData("{", MalformedReason.NotJson)]
    [InlineData("""{"timestamp":1} x""", MalformedReason.NotJson)]
    [InlineData("""{"timestamp":1}{}""", MalformedReason.NotJson)]
    [InlineData("""{"timestamp":1,"severity":"High","user_id":"u","content":"crash",}""", MalformedReason.NotJson)]
    [InlineData("""{"severity":"High","user_id":"u","content":"crash"}""", MalformedReason.MissingTimestamp)]
    [InlineData("""{"timestamp":null,"severity":"High","user_id":"u","content":"crash"}""", MalformedReason.MissingTimestamp)]
    [InlineData("""{"timestamp":"1","severity":"High","user_id":"u","content":"crash"}""", MalformedReason.TimestampNotInteger)]
    [InlineData("""{"timestamp":1.5,"severity":"High","user_id":"u","content":"crash"}""", MalformedReason.TimestampNotInteger)]
    [InlineData("""{"timestamp":99999999999999999999,"severity":"High","user_id":"u","content":"crash"}""", MalformedReason.TimestampNotInteger)]
    [InlineData("""{"timestamp":-5,"severity":"High","user_id":"u","content":"crash"}""", MalformedReason.TimestampNegative)]
    [InlineData("""{"timestamp":1768142570000,"severity":"High","user_id":"u","content":"crash"}""", MalformedReason.TimestampInMilliseconds)]
    [InlineData("""{"timestamp":1768142570000000,"severity":"High","user_id":"u","content":"crash"}""", MalformedReason.TimestampOutOfRange)]
    [InlineData("""{"timestamp":1,"user_id":"u","content":"crash"}""", MalformedReason.MissingSeverity)]
    [InlineData("""{"timestamp":1,"severity":"high","user_id":"u","content":"crash"}""", MalformedReason.BadSeverity)]
    [InlineData("""{"timestamp":1,"severity":3,"user_id":"u","content":"crash"}""", MalformedReason.BadSeverity)]
    [InlineData("""{"timestamp":1,"severity":"High","content":"crash"}""", MalformedReason.MissingUser)]
    [InlineData("""{"timestamp":1,"severity":"High","user_id":"","content":"crash"}""", MalformedReason.BadUser)]
    [InlineData("""{"timestamp":1,"severity":"High","user_id":"\ud800","content":"crash"}""", MalformedReason.BadUser)]
    [InlineData("""{"timestamp":1,"severity":"High","user_id":"u"}""", MalformedReason.MissingContent)]
    [InlineData("""{"timestamp":1,"severity":"High","user_id":"u","content":["crash"]}""", MalformedReason.BadContent)]
    public void A_malformed_line_has_a_reason(string line, string expected)
    {
        _serde.TryDeserialize(Encoding.UTF8.GetBytes(line), out _, out var reason).Should().BeFalse();
        reason.Should().Be(expected);
    }

    [Fact]
    public void Ten_megabytes_are_too_large_without_being_read()
    {
        _serde.TryDeserialize(new byte[10_000_000], out _, out var reason).Should().BeFalse();
        reason.Should().Be(MalformedReason.TooLarge);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_malformed_wherever_they_are()
    {
        byte[] line = [.. """{"timestamp":1,"severity":"High","user_id":"u","status":" """u8, 0xC3, .. "\",\"content\":\"crash\"}"u8];

        _serde.TryDeserialize(line, out _, out var reason).Should().BeFalse();
        reason.Should().Be(MalformedReason.InvalidUtf8);
    }

    [Theory]
    [InlineData(TimestampUnit.EpochSeconds, 1768142570, 1768142570000, null)]
    [InlineData(TimestampUnit.EpochSeconds, 100000000000, 100000000000000, null)]
    [InlineData(TimestampUnit.EpochMilliseconds, 1768142570123, 1768142570123, null)]
    [InlineData(TimestampUnit.EpochMilliseconds, 1768142570, 0, MalformedReason.TimestampInSeconds)]
    [InlineData(TimestampUnit.Auto, 1768142570, 1768142570000, null)]
    [InlineData(TimestampUnit.Auto, 1768142570123, 1768142570123, null)]
    public void The_unit_decides_what_the_number_means(TimestampUnit unit, long number, long expectedMs, string? expectedReason)
    {
        var line = Encoding.UTF8.GetBytes($$"""{"timestamp":{{number}},"severity":"High","user_id":"u","content":"crash"}""");

        new LogEntrySerde(unit).TryDeserialize(line, out var entry, out var reason);

        (entry.TimestampMs, reason).Should().Be((expectedMs, expectedReason));
    }

    [Theory]
    [InlineData("a crash", true, true)]
    [InlineData("CRASH", true, false)]
    [InlineData(@"\u0063rash", true, true)]
    [InlineData(@"\u0043RASH", true, false)]
    [InlineData(@"cra\u0073h\n", true, true)]
    [InlineData(@"c\rash", false, false)]
    [InlineData("crasch", false, false)]
    [InlineData("craſh", false, false)]
    [InlineData(@"\ud83dcrash", true, true)]
    public void Content_mentions_a_crash_however_it_is_written(string content, bool anyCase, bool lowerCase)
    {
        var line = Encoding.UTF8.GetBytes($$"""{"timestamp":1,"severity":"High","user_id":"u","content":"{{content}}"}""");

        _serde.Deserialize(line).MentionsCrash.Should().Be(anyCase);
        new LogEntrySerde(caseSensitive: true).Deserialize(line).MentionsCrash.Should().Be(lowerCase);
    }

    [Fact]
    public void The_quick_way_reads_what_the_whole_grammar_reads()
    {
        var quick = 0;
        Prop.ForAll(LogLines.Any, line =>
        {
            var bytes = LogLines.Bytes(line);
            if (!System.Text.Unicode.Utf8.IsValid(bytes) || !_serde.TryReadFlat(bytes, out var flat))
                return true;
            quick++;
            return _serde.ReadAny(bytes, out var any) is null && flat == any;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
        quick.Should().BeGreaterThan(1000, "the property must not hold for want of lines");
    }

    [Fact]
    public void Nothing_is_thrown_and_every_refusal_has_a_reason()
        => Prop.ForAll(LogLines.Any, line => _serde.TryDeserialize(LogLines.Bytes(line), out _, out var reason) == (reason is null))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData(TimestampUnit.EpochSeconds, 1_768_142_570_000)]
    [InlineData(TimestampUnit.EpochMilliseconds, 1_768_142_570_123)]
    [InlineData(TimestampUnit.Auto, 1_768_142_570_123)]
    [InlineData(TimestampUnit.Auto, 20_000)]
    public void An_entry_survives_the_way_to_bytes_and_back(TimestampUnit unit, long timestampMs)
    {
        var serde = new LogEntrySerde(unit);
        var entry = new LogEntry(timestampMs, Severity.Critical, "üser \"1\"", true);
        var bytes = new ArrayBufferWriter<byte>();

        serde.Serialize(entry, bytes);

        serde.Deserialize(bytes.WrittenSpan).Should().Be(entry);
    }

    [Fact]
    public void Reading_a_known_users_line_allocates_nothing()
    {
        var line = Encoding.UTF8.GetBytes(Usual);
        _serde.TryDeserialize(line, out _, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            _serde.TryDeserialize(line, out _, out _);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public void The_pool_of_user_ids_is_bounded_and_never_mixes_them_up()
    {
        var pool = new UserIdPool(capacity: 16);

        for (var round = 0; round < 2; round++)
        {
            for (var user = 0; user < 1000; user++)
                pool.Get(Encoding.UTF8.GetBytes($"user_{user}")).Should().Be($"user_{user}");
        }
    }

    [Fact]
    public void A_thousand_users_fit_the_pool()
    {
        var pool = new UserIdPool();
        var users = Enumerable.Range(1000, 1000).Select(user => Encoding.UTF8.GetBytes($"user_{user}")).ToList();
        var first = users.ConvertAll(user => pool.Get(user));

        users.Select((user, i) => ReferenceEquals(pool.Get(user), first[i])).Should().AllBeEquivalentTo(true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("user_1836")]
    [InlineData("jörg")]
    [InlineData("ユーザー")]
    [InlineData("🦀 and 蟹")]
    [InlineData("ööööööööööööööööööööööööööööööö")]
    public void A_pooled_user_is_told_from_all_that_share_its_slots(string user)
    {
        // One neighbourhood of slots: every user meets every other.
        var pool = new UserIdPool(capacity: 1);
        var bytes = Encoding.UTF8.GetBytes(user);
        var first = pool.Get(bytes);

        first.Should().Be(user);
        pool.Get(bytes).Should().BeSameAs(first, "it is remembered");
        foreach (var other in new[] { user + "x", "x" + user, user + "ö", "jorg", "jürg", "ユーザ", "user_1837", "🦀 and 蠏" })
            pool.Get(Encoding.UTF8.GetBytes(other)).Should().Be(other);
        pool.Get(bytes).Should().Be(user);
    }
}
