using System.Security.Cryptography;
using System.Text;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Server;

/// <summary>SASL of one connection: nothing but ApiVersions and the handshake is served before the client has proved who it is.</summary>
internal sealed class Authentication(IReadOnlyDictionary<string, string> users)
{
    private const string Plain = "PLAIN";
    private static readonly string[] Mechanisms = [Plain, ScramExchange.Sha256, ScramExchange.Sha512];

    private string? _mechanism;
    private ScramExchange? _scram;

    public string? User { get; private set; }

    /// <summary>Whether the client may send such a request in its present state.</summary>
    public bool Allows(ApiKey key) => User is not null || key is ApiKey.ApiVersions or ApiKey.SaslHandshake or ApiKey.SaslAuthenticate;

    public SaslHandshakeResponse Handshake(SaslHandshakeRequest request)
    {
        var isKnown = Mechanisms.Contains(request.Mechanism);
        _mechanism = isKnown ? request.Mechanism : null;
        _scram = null;
        return new() { ErrorCode = isKnown ? ErrorCode.None : ErrorCode.UnsupportedSaslMechanism, Mechanisms = [.. Mechanisms] };
    }

    public SaslAuthenticateResponse Authenticate(SaslAuthenticateRequest request)
    {
        if (_mechanism is null)
            return new() { ErrorCode = ErrorCode.IllegalSaslState, ErrorMessage = "SaslHandshake comes first." };
        if (_mechanism == Plain)
            return CheckPlain(request.AuthBytes) ? new() { ErrorMessage = null } : Refuse();
        _scram ??= new ScramExchange(_mechanism, users);
        if (_scram.Respond(request.AuthBytes) is not { } answer)
            return Refuse();
        User = _scram.ProvenUser;
        return new() { ErrorMessage = null, AuthBytes = answer };
    }

    /// <summary>RFC 4616: <c>authzid NUL user NUL password</c>.</summary>
    private bool CheckPlain(byte[] token)
    {
        var parts = Encoding.UTF8.GetString(token).Split('\0');
        if (parts.Length != 3 || parts[0].Length > 0 && parts[0] != parts[1])
            return false;
        var expected = users.TryGetValue(parts[1], out var password) ? password : "";
        var isRight = CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(expected)), SHA256.HashData(Encoding.UTF8.GetBytes(parts[2])));
        if (!isRight || password is null)
            return false;
        User = parts[1];
        return true;
    }

    private SaslAuthenticateResponse Refuse()
    {
        _mechanism = null;
        _scram = null;
        return new() { ErrorCode = ErrorCode.SaslAuthenticationFailed, ErrorMessage = "Authentication failed: unknown user or wrong password." };
    }
}
