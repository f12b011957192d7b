using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker;

/// <summary>Crashes and restarts, for tests of what survives them.</summary>
public sealed partial class EmbeddedBroker
{
    /// <summary>Stops as <c>kill -9</c> would: connections break, and nothing is stored that wasn't before. <see cref="RestartAsync"/> follows.</summary>
    public async Task CrashAsync()
    {
        if (!_isRunning)
            throw new InvalidOperationException("The broker is not running.");
        await StopAsync(core => core.Abandon()).ConfigureAwait(false);
        (_storage as MemoryStorage)?.KillProcess();
    }

    /// <summary>Starts again on the same port and data; stops the broker in good order before, if it is running.</summary>
    public async Task RestartAsync()
    {
        var port = Port;
        if (_isRunning)
            await StopAsync(core => core.Close()).ConfigureAwait(false);
        (_server, _loop, _core) = await Task.Run(() => Start(port)).ConfigureAwait(false);
        _isRunning = true;
    }
}
