using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>The APIs that the broker serves; exactly these are announced to clients.</summary>
internal sealed class ApiTable
{
    private readonly ApiEndpoint?[] _endpoints = new ApiEndpoint?[128];

    public IEnumerable<ApiEndpoint> All => _endpoints.OfType<ApiEndpoint>();

    public ApiEndpoint? Find(ApiKey key) => _endpoints[(short)key];

    /// <summary>Adds an API whose answer is there at once.</summary>
    public void Add<TRequest, TResponse>(Func<TRequest, RequestContext, TResponse> handler)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse> =>
        AddDeferred<TRequest, TResponse>((request, context, reply) => reply(handler(request, context)));

    /// <summary>Adds an API whose requests can be long: the handler goes on after each null that it yields, now or later, until it yields the answer.</summary>
    public void AddStepwise<TRequest, TResponse>(BrokerCore core, Func<TRequest, RequestContext, IEnumerable<TResponse?>> handler)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse> =>
        AddStepwise<TRequest, TResponse>(core, (request, context, _) => handler(request, context));

    /// <summary>As the other one, for handlers that have to wait between two steps.</summary>
    public void AddStepwise<TRequest, TResponse>(BrokerCore core, Func<TRequest, RequestContext, StepWaits, IEnumerable<TResponse?>> handler)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse> =>
        AddDeferred<TRequest, TResponse>((request, context, reply) =>
        {
            var waits = new StepWaits();
            new StepwiseRequest<TResponse>(handler(request, context, waits).GetEnumerator(), waits, core.Steps, core.Timers, context.Session, reply).Run();
        });

    public void Add(ApiEndpoint endpoint) => _endpoints[(short)endpoint.Api.Key] = endpoint;

    /// <summary>Adds an API whose answer may have to wait.</summary>
    public void AddDeferred<TRequest, TResponse>(ApiHandler<TRequest, TResponse> handler)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IResponse<TResponse> =>
        _endpoints[(short)TRequest.ApiKey] = new ApiEndpoint<TRequest, TResponse>(handler);
}
