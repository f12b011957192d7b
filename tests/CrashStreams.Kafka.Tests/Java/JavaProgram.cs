using System.Collections.Concurrent;
using System.Diagnostics;

namespace CrashStreams.Kafka.Tests.Java;

/// <summary>Programs on the Java virtual machine with Apache Kafka's jars.</summary>
internal static class JavaProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Compiled for the first test that wants one; tests of several classes share it.
    private static readonly ConcurrentDictionary<string, Lazy<string>> _compiled = [];

    /// <summary>Runs a scenario of Scenarios.java; returns what it printed.</summary>
    public static string RunScenario(string bootstrapServers, string[] scenario)
    {
        SkipUnlessPossible();
        return Run("java", OfClass("Scenarios", [bootstrapServers, .. scenario]));
    }

    /// <summary>Starts a class of the tests' folder Java, which reads what it is to do.</summary>
    public static Process Start(string name, string[] arguments)
    {
        SkipUnlessPossible();
        return Process.Start(new ProcessStartInfo("java", OfClass(name, arguments)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private static string[] OfClass(string name, string[] arguments) =>
        ["-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", $"{Jars}:{_compiled.GetOrAdd(name, static n => new(() => Compile(n))).Value}", name, .. arguments];

    /// <summary>Runs one of Apache Kafka's command-line tools; returns what it printed.</summary>
    public static string RunTool(string[] arguments, string input = "")
    {
        SkipUnlessPossible();
        return Run("bash", [Path.Combine(ApacheKafka.Home, "kafka.sh"), .. arguments], input);
    }

    private static string Jars => Path.Combine(ApacheKafka.Home, "libs", "*");

    private static void SkipUnlessPossible()
    {
        if (ApacheKafka.WhyMissing is { } reason)
            Assert.Skip(reason);
    }

    private static string Compile(string name)
    {
        var directory = Path.Combine(AppContext.BaseDirectory, "java-classes");
        try
        {
            Run("javac", ["-cp", Jars, "-d", directory, Path.Combine(AppContext.BaseDirectory, "Java", $"{name}.java")]);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no Java compiler: javac is not installed");
        }
        return directory;
    }

    private static string Run(string program, string[] arguments, string input = "")
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {Patience}.");
        }
        process.ExitCode.Should().Be(0, "{0} {1} says: {2}{3}", program, string.Join(' ', arguments), output.Result, error.Result);
        return output.Result;
    }
}
