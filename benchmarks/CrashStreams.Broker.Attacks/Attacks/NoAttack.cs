using CrashStreams.Broker.Attacks.Wire;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>What the bystanders have without an attack: how good the machine is now.</summary>
internal sealed class NoAttack()
    : Attack("none", "no attack, for comparison", clients: 1)
{
    protected override Task RoundAsync(AttackClient client, Target target, CancellationToken stop) => Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop);
}
