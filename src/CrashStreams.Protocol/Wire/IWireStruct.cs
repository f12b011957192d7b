namespace CrashStreams.Protocol.Wire;

/// <summary>A struct of the protocol that reads and writes itself in a given version of its message.</summary>
internal interface IWireStruct<TSelf>
    where TSelf : class, IWireStruct<TSelf>
{
    static abstract TSelf Read(ref WireReader reader, short version);

    void Write(ref WireWriter writer, short version);
}

/// <summary>The body of a request.</summary>
internal interface IRequest<TSelf> : IWireStruct<TSelf>
    where TSelf : class, IRequest<TSelf>
{
    static abstract ApiKey ApiKey { get; }
}

/// <summary>The body of a response.</summary>
internal interface IResponse<TSelf> : IResponse, IWireStruct<TSelf>
    where TSelf : class, IResponse<TSelf>
{
    static abstract ApiKey ApiKey { get; }
}

/// <summary>The body of a response whose type the server doesn't need to know to send it.</summary>
internal interface IResponse
{
    void Write(ref WireWriter writer, short version);
}
