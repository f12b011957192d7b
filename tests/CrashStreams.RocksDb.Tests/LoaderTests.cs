using CrashStreams.RocksDb.Native;

namespace CrashStreams.RocksDb.Tests;

public class LoaderTests
{
    [Fact]
    public void A_missing_library_is_one_error_that_names_what_to_install() =>
        FluentActions.Invoking(() => RocksLoader.Load(["no-such-library"])).Should().Throw<CrashStreamsException>().WithMessage("librocksdb can't be loaded.*NuGet package RocksDB*");

    [Fact]
    public void A_library_without_what_is_called_is_named() =>
        FluentActions.Invoking(() => RocksLoader.Load(["libc.so.6", "libSystem.dylib", "kernel32"])).Should().Throw<CrashStreamsException>().WithMessage("*was found, but its C API is too old*");

    [Fact]
    public void Options_are_checked_all_at_once() =>
        FluentActions.Invoking(() => new RocksDbState(new() { Directory = " ", MemoryBudgetBytes = 1 })).Should().Throw<TopologyException>().WithMessage("*Directory*MemoryBudgetBytes*");
}
