using System.Security.Cryptography;
using System.Text;

namespace CrashStreams.Broker.Server;

/// <summary>The server's side of SCRAM (RFC 5802, RFC 7677): two messages from the client, a proof in the second.</summary>
internal sealed class ScramExchange(string mechanism, IReadOnlyDictionary<string, string> users)
{
    public const string Sha256 = "SCRAM-SHA-256";
    public const string Sha512 = "SCRAM-SHA-512";
    private const int Iterations = 4096;

    private readonly HashAlgorithmName _hash = mechanism == Sha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(16);
    private string _user = "";
    private string _nonce = "";
    private string? _firstMessages;

    public string? ProvenUser { get; private set; }

    /// <summary>The answer to the client's next message; null when it is wrong.</summary>
    public byte[]? Respond(byte[] message)
    {
        var text = Encoding.UTF8.GetString(message);
        var answer = _firstMessages is null ? First(text) : ProvenUser is null ? Final(text) : null;
        return answer is null ? null : Encoding.UTF8.GetBytes(answer);
    }

    /// <summary><c>n,,n=user,r=nonce</c> is answered with <c>r=nonce+ours,s=salt,i=iterations</c>.</summary>
    private string? First(string text)
    {
        var parts = text.Split(',', 3);
        if (parts is not ["n", _, var bare] || Attribute(bare, 'n') is not { } user || Attribute(bare, 'r') is not { Length: > 0 } clientNonce)
            return null;
        _user = user.Replace("=2C", ",").Replace("=3D", "=");
        _nonce = clientNonce + Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var answer = $"r={_nonce},s={Convert.ToBase64String(_salt)},i={Iterations}";
        _firstMessages = $"{bare},{answer}";
        return answer;
    }

    /// <summary><c>c=biws,r=nonce,p=proof</c> is answered with <c>v=signature</c>.</summary>
    private string? Final(string text)
    {
        var proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0 || Attribute(text, 'r') != _nonce)
            return null;
        // An unknown user takes as long as a wrong password.
        var isKnown = users.TryGetValue(_user, out var password);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password ?? "", _salt, Iterations, _hash, _hash == HashAlgorithmName.SHA512 ? 64 : 32);
        var clientKey = Hmac(salted, "Client Key");
        var authMessage = $"{_firstMessages},{text[..proofAt]}";
        var signature = Hmac(CryptographicOperations.HashData(_hash, clientKey), authMessage);
        var proof = new byte[clientKey.Length];
        if (!Convert.TryFromBase64String(text[(proofAt + 3)..], proof, out var written) || written != proof.Length)
            return null;
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= signature[i];
        if (!CryptographicOperations.FixedTimeEquals(proof, clientKey) || !isKnown)
            return null;
        ProvenUser = _user;
        return "v=" + Convert.ToBase64String(Hmac(Hmac(salted, "Server Key"), authMessage));
    }

    private byte[] Hmac(byte[] key, string text) => CryptographicOperations.HmacData(_hash, key, Encoding.UTF8.GetBytes(text));

    private static string? Attribute(string text, char name) =>
        text.Split(',').FirstOrDefault(part => part.Length >= 2 && part[0] == name && part[1] == '=')?[2..];
}
