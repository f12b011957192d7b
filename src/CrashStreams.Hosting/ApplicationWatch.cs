namespace CrashStreams.Hosting;

/// <summary>What was seen of an application since the host's start. The hosted service looks, health checks read.</summary>
internal sealed class ApplicationWatch
{
    private volatile bool _hasRun;

    /// <summary>Whether the application has ever processed records, or waited for some: what happens afterwards interrupts it.</summary>
    public bool HasRun => _hasRun;

    /// <summary>Notes what the application does.</summary>
    public ApplicationStatus Look(StreamsApplication application)
    {
        var status = application.Status;
        _hasRun |= status.Activity == ApplicationActivity.Running;
        return status;
    }
}
