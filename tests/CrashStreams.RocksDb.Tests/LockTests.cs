namespace CrashStreams.RocksDb.Tests;

/// <summary>Whose a task's folder is, and when nobody's.</summary>
public sealed class LockTests : StateDirectory
{
    private string LockFile => Path.Combine(Root, Application, Task, ".lock");

    [Fact]
    public void A_task_has_one_owner_at_a_time()
    {
        using var other = New();

        State.TryLock(Application, Task).Should().BeTrue();
        State.TryLock(Application, Task).Should().BeFalse();
        other.TryLock(Application, Task).Should().BeFalse();
        other.TryLock(Application, "0_1").Should().BeTrue();
        State.Unlock(Application, Task);
        other.TryLock(Application, Task).Should().BeTrue();
    }

    [Fact]
    public void A_store_is_used_under_the_lock_only()
    {
        State.Invoking(s => s.Open(Application, Task, Store)).Should().Throw<InvalidOperationException>().WithMessage("*TryLock*");
        State.Invoking(s => s.Delete(Application, Task, Store)).Should().Throw<InvalidOperationException>().WithMessage("*TryLock*");
        using var engine = Open();
        State.Invoking(s => s.Unlock(Application, Task)).Should().Throw<InvalidOperationException>().WithMessage("*open stores*");
    }

    [Fact]
    public void A_store_is_opened_once()
    {
        using var engine = Open();

        State.Invoking(s => s.Open(Application, Task, Store)).Should().Throw<CrashStreamsException>().WithMessage($"*{StorePath}*lock*");
    }

    [Fact]
    public void A_store_that_a_thread_still_uses_when_its_storage_is_disposed_of_is_closed_by_that_thread()
    {
        var engine = Open();
        State.TryLock(Application, "0_1");
        State.Dispose();
        using var other = New();

        other.TryLock(Application, "0_1").Should().BeTrue("nobody uses it");
        other.TryLock(Application, Task).Should().BeFalse("a thread does");
        RocksDbEngineTests.Write(engine, 5, b => b.Put("a"u8, "1"u8));
        engine.Flush();
        State.Invoking(s => s.TryLock(Application, "0_2")).Should().Throw<ObjectDisposedException>();

        engine.Dispose();
        State.Unlock(Application, Task);
        other.TryLock(Application, Task).Should().BeTrue();
        using var reopened = (RocksDbEngine)other.Open(Application, Task, Store);
        reopened.Position.Should().Be(5);
    }

    [Fact]
    public void Deleted_content_does_not_come_back()
    {
        using (var engine = Open())
        {
            RocksDbEngineTests.Write(engine, 5, b => b.Put("a"u8, "1"u8));
            engine.Flush();
        }

        State.Delete(Application, Task, Store);
        State.Delete(Application, Task, Store);

        using var empty = Open();
        (empty.Position, empty.ApproximateCount).Should().Be((-1, 0));
    }

    [Fact]
    public void Clean_removes_what_nobody_has_held_for_the_delay()
    {
        Fill();
        State.Unlock(Application, Task);
        State.Clean(Application, TimeSpan.FromHours(1)).Should().BeEmpty();
        File.SetLastWriteTimeUtc(LockFile, TimeProvider.System.GetUtcNow().UtcDateTime - TimeSpan.FromHours(2));

        State.Clean(Application, TimeSpan.FromHours(3)).Should().BeEmpty();
        State.Clean("another", TimeSpan.FromHours(1)).Should().BeEmpty();
        Directory.Exists(StorePath).Should().BeTrue();
        State.Clean(Application, TimeSpan.FromHours(1)).Should().Equal(Task);

        Directory.Exists(StorePath).Should().BeFalse();
        State.Clean(Application, TimeSpan.Zero).Should().BeEmpty();
    }

    [Fact]
    public void Clean_leaves_what_another_storage_holds()
    {
        Fill();
        using var other = New();

        other.Clean(Application, TimeSpan.Zero).Should().BeEmpty();
        State.Clean(Application, TimeSpan.Zero).Should().BeEmpty();
        State.Unlock(Application, Task);
        other.Clean(Application, TimeSpan.Zero).Should().Equal(Task);
    }

    [Fact]
    public void The_delay_of_state_whose_owner_died_begins_when_that_is_noticed()
    {
        Fill();
        State.Unlock(Application, Task);
        // A process that died left its name, and the time at which it took the task.
        File.WriteAllText(LockFile, "process 1 on elsewhere\n");
        File.SetLastWriteTimeUtc(LockFile, TimeProvider.System.GetUtcNow().UtcDateTime - TimeSpan.FromHours(24));

        State.Clean(Application, TimeSpan.FromHours(1)).Should().BeEmpty();
        State.Clean(Application, TimeSpan.FromHours(1)).Should().BeEmpty();

        Directory.Exists(StorePath).Should().BeTrue();
        State.Clean(Application, TimeSpan.Zero).Should().Equal(Task);
    }

    [Fact]
    public void A_folder_of_somebody_else_is_left_alone()
    {
        Directory.CreateDirectory(Path.Combine(Root, Application, "0_0", "rocksdb"));

        State.Invoking(s => s.TryLock(Application, Task)).Should().Throw<CrashStreamsException>().WithMessage("*not CrashStreams' state*");
    }

    [Fact]
    public void A_folder_of_another_application_or_format_is_told()
    {
        State.TryLock("one", Task);
        State.Unlock("one", Task);
        Directory.Move(Path.Combine(Root, "one"), Path.Combine(Root, "two"));
        State.Invoking(s => s.TryLock("two", Task)).Should().Throw<CrashStreamsException>().WithMessage("*belongs to the application 'one', not to 'two'*");

        File.WriteAllText(Path.Combine(Root, "two", "crashstreams-state"), "crashstreams rocksdb 99\ntwo\n");
        State.Invoking(s => s.TryLock("two", Task)).Should().Throw<CrashStreamsException>().WithMessage("*format 'crashstreams rocksdb 99'*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a~deleted")]
    public void Names_that_can_not_be_folders_are_refused(string name)
    {
        State.Invoking(s => s.TryLock(name, Task)).Should().Throw<CrashStreamsException>().WithMessage($"*application id '{name}'*");
        State.TryLock(Application, Task);
        State.Invoking(s => s.Open(Application, Task, name)).Should().Throw<CrashStreamsException>().WithMessage($"*store name '{name}'*");
    }

    private void Fill()
    {
        using var engine = Open();
        RocksDbEngineTests.Write(engine, 5, b => b.Put("a"u8, "1"u8));
        engine.Flush();
    }
}
