using System.Security.Cryptography;
using System.Text;

namespace CrashStreams.Broker.Server;

/// <summary>
/// The server's side of SCRAM (RFC 5802, RFC 7677): two messages from the client, a proof in the second. Channel binding is not offered, and a message that asks for
/// it, or says something else in the second message than in the first, is refused.
/// </summary>
internal sealed class ScramExchange(string mechanism, UserCredentials users)
{
    public const string Sha256 = "SCRAM-SHA-256";
    public const string Sha512 = "SCRAM-SHA-512";

    private readonly HashAlgorithmName _hash = mechanism == Sha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
    private string _user = "";
    private string _nonce = "";
    private string _channelBinding = "";
    private string? _firstMessages;

    public string? ProvenUser { get; private set; }

    /// <summary>The answer to the client's next message; null when it is wrong.</summary>
    public byte[]? Respond(string message)
    {
        var answer = _firstMessages is null ? First(message) : ProvenUser is null ? Final(message) : null;
        return answer is null ? null : Encoding.UTF8.GetBytes(answer);
    }

    /// <summary><c>n,[a=authzid],n=user,r=nonce[,extensions]</c> is answered with <c>r=nonce+ours,s=salt,i=iterations</c>.</summary>
    private string? First(string text)
    {
        // "y" is a client that could bind and believes that the server can't, which is true here.
        if (text.Split(',', 3) is not [("n" or "y") and var binding, var actsFor, var bare] || bare.Split(',', 3) is not [var name, var nonce, ..])
            return null;
        if (Value(name, 'n') is not { Length: > 0 } escapedUser || Value(nonce, 'r') is not { Length: > 0 } clientNonce || Unescape(escapedUser) is not { } user)
            return null;
        if (actsFor.Length > 0 && (Value(actsFor, 'a') is not { } escaped || Unescape(escaped) != user))
            return null;
        _user = user;
        _channelBinding = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{binding},{actsFor},"));
        _nonce = clientNonce + Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var answer = $"r={_nonce},s={Convert.ToBase64String(users.SaltOf(user, _hash))},i={UserCredentials.Iterations}";
        _firstMessages = $"{bare},{answer}";
        return answer;
    }

    /// <summary><c>c=binding,r=nonce[,extensions],p=proof</c> is answered with <c>v=signature</c>.</summary>
    private string? Final(string text)
    {
        var proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0 || text[..proofAt].Split(',', 3) is not [var binding, var nonce, ..] || Value(binding, 'c') != _channelBinding || Value(nonce, 'r') != _nonce)
            return null;
        var keys = users.KeysOf(_user, _hash);
        var authMessage = Encoding.UTF8.GetBytes($"{_firstMessages},{text[..proofAt]}");
        var signature = CryptographicOperations.HmacData(_hash, keys.StoredKey, authMessage);
        var proof = new byte[signature.Length];
        if (!Convert.TryFromBase64String(text[(proofAt + 3)..], proof, out var written) || written != proof.Length)
            return null;
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= signature[i];
        if (!CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(_hash, proof), keys.StoredKey) || !users.IsKnown(_user))
            return null;
        ProvenUser = _user;
        return "v=" + Convert.ToBase64String(CryptographicOperations.HmacData(_hash, keys.ServerKey, authMessage));
    }

    private static string? Value(string attribute, char name) => attribute.Length >= 2 && attribute[0] == name && attribute[1] == '=' ? attribute[2..] : null;

    /// <summary><c>=2C</c> is a comma and <c>=3D</c> an equals sign; no other may follow one.</summary>
    private static string? Unescape(string name)
    {
        var rest = name.Replace("=2C", "", StringComparison.Ordinal).Replace("=3D", "", StringComparison.Ordinal);
        return rest.Contains('=') ? null : name.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
    }
}
