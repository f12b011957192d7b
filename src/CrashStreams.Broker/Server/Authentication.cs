using System.Text;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Server;

/// <summary>
/// SASL of one connection: nothing but ApiVersions and the handshake is served before the client has proved who it is. It belongs to the connection's reading thread.
/// </summary>
internal sealed class Authentication(UserCredentials users, AuthenticationRefusals refusals, string address, BrokerOptions options)
{
    private const string Plain = "PLAIN";
    private static readonly string[] Mechanisms = [Plain, ScramExchange.Sha256, ScramExchange.Sha512];
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private string? _mechanism;
    private ScramExchange? _scram;
    private volatile string? _user; // shared: the loop asks whose requests it handles

    public string? User => _user;

    /// <summary>What the client may do; null when it may do everything.</summary>
    public UserAccess? Access => _user is { } user ? options.Access.GetValueOrDefault(user) : null;

    /// <summary>Whether the client may send such a request in its present state.</summary>
    public bool Allows(ApiKey key) => User is not null || key is ApiKey.ApiVersions or ApiKey.SaslHandshake or ApiKey.SaslAuthenticate;

    /// <summary>Answers a SaslHandshake or SaslAuthenticate. A refusal comes late, and is the last thing that the client gets.</summary>
    public async ValueTask<(IResponse Answer, bool IsRefusal)> HandleAsync(object request, TimeProvider time)
    {
        if (request is SaslHandshakeRequest handshake)
        {
            var shaken = Handshake(handshake);
            return (shaken, shaken.ErrorCode != ErrorCode.None);
        }
        var answer = Authenticate((SaslAuthenticateRequest)request);
        if (answer.ErrorCode == ErrorCode.None)
            return (answer, false);
        await Task.Delay(refusals.Next(address), time).ConfigureAwait(false);
        return (answer, true);
    }

    private SaslHandshakeResponse Handshake(SaslHandshakeRequest request)
    {
        if (User is not null)
            return new() { ErrorCode = ErrorCode.IllegalSaslState, Mechanisms = [.. Mechanisms] };
        var isKnown = Mechanisms.Contains(request.Mechanism);
        _mechanism = isKnown ? request.Mechanism : null;
        _scram = null;
        return new() { ErrorCode = isKnown ? ErrorCode.None : ErrorCode.UnsupportedSaslMechanism, Mechanisms = [.. Mechanisms] };
    }

    private SaslAuthenticateResponse Authenticate(SaslAuthenticateRequest request)
    {
        if (_mechanism is null || User is not null)
            return new() { ErrorCode = ErrorCode.IllegalSaslState, ErrorMessage = "SaslHandshake comes first, and authentication once." };
        if (request.AuthBytes.Length > options.Limits.SaslTokenBytes)
            return Refuse();
        string token;
        try
        {
            token = Utf8.GetString(request.AuthBytes);
        }
        catch (DecoderFallbackException)
        {
            return Refuse();
        }
        if (_mechanism == Plain)
            return CheckPlain(token) ? new() { ErrorMessage = null } : Refuse();
        _scram ??= new ScramExchange(_mechanism, users);
        if (_scram.Respond(token) is not { } answer)
            return Refuse();
        _user = _scram.ProvenUser;
        return new() { ErrorMessage = null, AuthBytes = answer };
    }

    /// <summary>RFC 4616: <c>authzid NUL user NUL password</c>. Like Apache Kafka, nobody may act for somebody else.</summary>
    private bool CheckPlain(string token)
    {
        if (token.Split('\0', 4) is not [var actsFor, var user, var password] || (actsFor.Length > 0 && actsFor != user) || !users.IsPassword(user, password))
            return false;
        _user = user;
        return true;
    }

    private SaslAuthenticateResponse Refuse()
    {
        _mechanism = null;
        _scram = null;
        return new() { ErrorCode = ErrorCode.SaslAuthenticationFailed, ErrorMessage = "Authentication failed: unknown user or wrong password." };
    }
}
