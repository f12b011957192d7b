using CrashStreams.Broker.Attacks.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>What the bystanders have without an attack: how good the machine is now.</summary>
internal sealed class NoAttack : Attack
{
    public override string Name => "none";

    public override string Description => "no attack, for comparison";

    public override int Clients => 1;

    public override Task RoundAsync(Target target, CancellationToken stop) => Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
}
