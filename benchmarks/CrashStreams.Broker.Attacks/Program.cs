using System.Globalization;
using CrashStreams.Broker.Attacks;
using CrashStreams.Broker.Attacks.Attacks;

if (args is ["beside", var port, var password, var duration])
{
    await BystanderProcess.ServeAsync(int.Parse(port, CultureInfo.InvariantCulture), password, double.Parse(duration, CultureInfo.InvariantCulture));
    return 0;
}

var seconds = 30;
var only = "";
for (var i = 0; i + 1 < args.Length; i += 2)
{
    if (args[i] == "--seconds")
        seconds = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
    else if (args[i] == "--only")
        only = args[i + 1];
    else
        throw new ArgumentException($"There is no option '{args[i]}'; use --seconds N and --only NAME.");
}
return await AttackRun.RunAsync(AttackRun.All.Where(attack => only.Length == 0 || attack.Name == only), TimeSpan.FromSeconds(seconds)) ? 0 : 1;
