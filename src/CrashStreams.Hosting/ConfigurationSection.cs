using CrashStreams.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CrashStreams.Hosting;

/// <summary>Finds a section that there is not, when something is missing that would be in it: its name is misspelled, or the file is not where the program runs.</summary>
internal sealed class ConfigurationSection(string application, string section, IConfiguration configuration) : IValidateOptions<KafkaOptions>
{
    public ValidateOptionsResult Validate(string? name, KafkaOptions options)
    {
        if (name != application || !string.IsNullOrEmpty(options.BootstrapServers) || configuration.GetSection(section).Exists())
            return ValidateOptionsResult.Skip;
        var present = configuration.GetChildren().Where(static child => child.GetChildren().Any()).Select(static child => $"'{child.Key}'").Order(StringComparer.Ordinal).ToList();
        return ValidateOptionsResult.Fail($"Application '{application}': the configuration has no section '{section}', which {nameof(StreamsApplicationBuilder.BindConfiguration)} names; "
            + $"it has {(present.Count == 0 ? "none" : string.Join(", ", present))}.");
    }
}
