using CrashStreams;
using CrashStreams.Chaos;

ChaosOptions options;
try
{
    options = ChaosOptions.Parse(args);
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

Console.WriteLine($"{options.Duration.TotalMinutes:0.#} min, {options.GuaranteeName}, broker {options.BrokerName}, state {options.StateName}, seed {options.Seed}; logs in {options.Directory}");
var violations = await new ChaosRun(options, Console.WriteLine).RunAsync();
foreach (var violation in violations.Take(50))
    Console.WriteLine(violation);
Console.WriteLine(violations.Count == 0
    ? options.Guarantee == ProcessingGuarantee.ExactlyOnce ? "Every alert is right." : "No crash was lost."
    : $"{violations.Count} violations; logs and data are left in {options.Directory}");
if (violations.Count == 0)
    options.DeleteData();
return violations.Count == 0 ? 0 : 1;
