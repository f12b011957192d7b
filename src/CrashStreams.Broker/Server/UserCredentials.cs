using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace CrashStreams.Broker.Server;

/// <summary>
/// The users' passwords, and what SCRAM derives from them (RFC 5802), once for each user: so a proof costs a few hashes. Whoever is not known has a salt and keys
/// as well, that fit no password: an answer does not tell whether there is such a user.
/// </summary>
internal sealed class UserCredentials(IReadOnlyDictionary<string, string> users)
{
    public const int Iterations = 4096;
    private const int SaltSize = 16;

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<(string User, string Hash), Lazy<ScramKeys>> _keys = new(); // shared: connections authenticate on their own threads

    public bool IsKnown(string user) => users.ContainsKey(user);

    public bool IsPassword(string user, string password)
    {
        var isKnown = users.TryGetValue(user, out var expected);
        // Of the same length whatever the passwords are, so that the time tells nothing.
        var isRight = CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(expected ?? "")), SHA256.HashData(Encoding.UTF8.GetBytes(password)));
        return isRight & isKnown;
    }

    public byte[] SaltOf(string user, HashAlgorithmName hash) => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(hash.Name + "\0" + user))[..SaltSize];

    public ScramKeys KeysOf(string user, HashAlgorithmName hash)
    {
        // One entry for all who are not known: their names come from clients.
        var isKnown = users.TryGetValue(user, out var password);
        return _keys.GetOrAdd((isKnown ? user : "", hash.Name!), key => new Lazy<ScramKeys>(() =>
            ScramKeys.Derive(password ?? Convert.ToHexString(_secret), SaltOf(key.User, hash), hash))).Value;
    }
}

/// <summary>What a server has to know of a password to check SCRAM's proofs.</summary>
internal sealed record ScramKeys(byte[] StoredKey, byte[] ServerKey)
{
    public static ScramKeys Derive(string password, byte[] salt, HashAlgorithmName hash)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, UserCredentials.Iterations, hash, hash == HashAlgorithmName.SHA512 ? 64 : 32);
        var clientKey = CryptographicOperations.HmacData(hash, salted, "Client Key"u8.ToArray());
        return new ScramKeys(CryptographicOperations.HashData(hash, clientKey), CryptographicOperations.HmacData(hash, salted, "Server Key"u8.ToArray()));
    }
}
