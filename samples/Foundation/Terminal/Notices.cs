namespace CrashStreams.Samples.Terminal;

/// <summary>Lines for whoever watches the program: on standard error, or where a view that holds the terminal puts them. There is one terminal per process.</summary>
internal static class Notices
{
    private static readonly Action<string> _standardError = line => Steps.Above(() => Console.Error.WriteLine(line));

    private static volatile Action<string> _write = _standardError; // signals and stream threads write while the console opens and closes a view

    public static void Write(string line) => _write(line);

    /// <summary>Lets a view write the lines; null gives them back to standard error.</summary>
    public static void Redirect(Action<string>? write) => _write = write ?? _standardError;
}
