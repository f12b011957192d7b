using System.Globalization;
using CrashStreams.Broker.Attacks;
using CrashStreams.Broker.Attacks.Attacks;

if (args is ["beside", var port, var password, var duration])
{
    await BystanderProcess.ServeAsync(int.Parse(port, CultureInfo.InvariantCulture), password, double.Parse(duration, CultureInfo.InvariantCulture));
    return 0;
}

var seconds = 30;
string[] only = [];
string? broker = null;
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--seconds":
            seconds = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
            break;
        case "--only":
            only = args[i + 1].Split(',');
            break;
        case "--broker":
            broker = args[i + 1];
            break;
        default:
            throw new ArgumentException($"There is no option '{args[i]}'; use --seconds N, --only NAME,NAME and --broker PROGRAM.");
    }
}
if (only.Except(AttackRun.All.Select(attack => attack.Name)).FirstOrDefault() is { } unknown)
    throw new ArgumentException($"There is no attack '{unknown}'; there are {string.Join(", ", AttackRun.All.Select(attack => attack.Name))}.");
var attacks = AttackRun.All.Where(attack => only.Length == 0 || only.Contains(attack.Name));
return await AttackRun.RunAsync(attacks, TimeSpan.FromSeconds(seconds), broker) ? 0 : 1;
