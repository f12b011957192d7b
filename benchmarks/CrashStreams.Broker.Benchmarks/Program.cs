using System.Globalization;
using CrashStreams.Broker.Benchmarks;

// start: from nothing to the first acknowledged record.
if (args is ["start"])
{
    await StartUp.RunAsync();
    return;
}

// Otherwise the bare log: a directory for the data, and how many MB to write (1024).
var directory = args.Length > 0 ? args[0] : Directory.CreateTempSubdirectory("log-benchmark").FullName;
var megabytes = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1024;
LogThroughput.Run(directory, megabytes);
