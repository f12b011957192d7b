using StackExchange.Redis;

namespace CrashStreams.Redis;

/// <summary>Reads what a <see cref="RedisSink"/> writes; any process may. What is read never goes back: a Redis that was started again with older data is not read until it has caught up.</summary>
public sealed class RedisTable
{
    private readonly IConnectionMultiplexer _redis;
    private readonly string _sink;
    private readonly ReadPositions _positions;

    /// <summary>Reads a sink's hashes.</summary>
    /// <param name="redis">The connection.</param>
    /// <param name="sink">The sink's name.</param>
    /// <param name="partitions">How many partitions the sink's input has.</param>
    public RedisTable(IConnectionMultiplexer redis, string sink, int partitions)
    {
        ArgumentNullException.ThrowIfNull(redis);
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        (_redis, _sink, _positions) = (redis, sink, new(sink, partitions));
    }

    /// <summary>All fields of a hash, in no order.</summary>
    /// <param name="hash">The hash.</param>
    /// <exception cref="RedisIncompleteException">A partition was not written yet, or Redis has lost some of it and is being filled again.</exception>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<List<KeyValuePair<string, string>>> AllAsync(string hash)
    {
        var parts = await Task.WhenAll(Enumerable.Range(0, _positions.Partitions).Select(partition => ReadAsync(partition, (transaction, key) => transaction.HashGetAllAsync(key), hash))).ConfigureAwait(false);
        return [.. parts.SelectMany(static part => part).Select(static field => KeyValuePair.Create(field.Name.ToString(), field.Value.ToString()))];
    }

    /// <summary>A field of a hash in each partition that has it.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="field">The field.</param>
    /// <exception cref="RedisIncompleteException">A partition was not written yet, or Redis has lost some of it and is being filled again.</exception>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<List<string>> GetAsync(string hash, string field)
    {
        var parts = await Task.WhenAll(Enumerable.Range(0, _positions.Partitions).Select(partition => ReadAsync(partition, (transaction, key) => transaction.HashGetAsync(key, field), hash))).ConfigureAwait(false);
        return [.. parts.Where(static value => value.HasValue).Select(static value => value.ToString())];
    }

    /// <summary>How far each partition of the sink's input is written: texts that change while it is; null for one that was not written yet.</summary>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<IReadOnlyList<string?>> PositionsAsync()
    {
        // One by one: in a cluster they are in several places.
        var database = _redis.GetDatabase();
        var positions = await Task.WhenAll(Enumerable.Range(0, _positions.Partitions).Select(partition => database.StringGetAsync(RedisKeys.Position(_sink, partition)))).ConfigureAwait(false);
        return [.. positions.Select(static position => (string?)position)];
    }

    private async Task<T> ReadAsync<T>(int partition, Func<ITransaction, RedisKey, Task<T>> read, string hash)
    {
        var atLeast = _positions.Newest(partition);
        // Both at one moment: the position says what the hash holds.
        var transaction = _redis.GetDatabase().CreateTransaction();
        var position = transaction.StringGetAsync(RedisKeys.Position(_sink, partition));
        var value = read(transaction, RedisKeys.Hash(_sink, partition, hash));
        await transaction.ExecuteAsync().ConfigureAwait(false);
        var text = await position.ConfigureAwait(false);
        if (text.IsNull)
            throw new RedisIncompleteException($"Partition {partition} of '{_sink}' is not in Redis yet.");
        _positions.Note(partition, atLeast, RedisPosition.Parse(text.ToString()));
        return await value.ConfigureAwait(false);
    }
}

/// <summary>What was asked for is not in Redis yet, or not any more; it will be soon.</summary>
public sealed class RedisIncompleteException(string message) : Exception(message);
