namespace CrashStreams.Broker.Server;

/// <summary>
/// How long a refusal is held back: 100 ms, and twice as long for each that the same address got in the last minute, up to 5 s. Guessing is slow with any
/// number of connections, and who knows the password never waits.
/// </summary>
internal sealed class AuthenticationRefusals(Limits limits, TimeProvider time)
{
    private const int MaxAddresses = 10_000;
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new(); // connections authenticate on their own threads
    private readonly Dictionary<string, (int Count, long At)> _byAddress = [];

    /// <summary>Counts a refusal and says how long to hold it back.</summary>
    public TimeSpan Next(string address)
    {
        lock (_lock)
        {
            if (_byAddress.Count >= MaxAddresses)
                _byAddress.Clear();
            var (count, at) = _byAddress.GetValueOrDefault(address);
            count = count > 0 && time.GetElapsedTime(at) < s_memory ? count + 1 : 1;
            _byAddress[address] = (count, time.GetTimestamp());
            var delayMs = limits.RefusalDelay.TotalMilliseconds * Math.Pow(2, Math.Min(count - 1, 16));
            return TimeSpan.FromMilliseconds(Math.Min(delayMs, limits.LongestRefusalDelay.TotalMilliseconds));
        }
    }
}
