using CrashStreams.Broker.Chaos;

var kills = Argument("--kills", 200);
var seed = Argument("--seed", 1);
var directory = Directory.CreateTempSubdirectory("crashstreams-chaos-").FullName;
Console.WriteLine($"{kills} kills, seed {seed}, data in {directory}");

var problems = await new ChaosRun(directory, kills, seed, Console.WriteLine).RunAsync();
foreach (var problem in problems.Take(50))
    Console.WriteLine(problem);
Console.WriteLine(problems.Count == 0 ? "Every acknowledged record is there once and in order; no aborted one is visible." : $"{problems.Count} problems; the data is left in {directory}");
if (problems.Count == 0)
    Directory.Delete(directory, recursive: true);
return problems.Count == 0 ? 0 : 1;

int Argument(string name, int usual) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1]) : usual;
