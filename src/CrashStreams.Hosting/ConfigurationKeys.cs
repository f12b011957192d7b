using System.Diagnostics.CodeAnalysis;
using CrashStreams.Faults;
using CrashStreams.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CrashStreams.Hosting;

/// <summary>Finds settings of a section that there are not: a misspelled one would be passed over, and its default hold without a word.</summary>
internal sealed class ConfigurationKeys(string application, string section, IConfiguration configuration) : IValidateOptions<StreamsOptions>
{
    private const string Kafka = nameof(Kafka);

    public ValidateOptionsResult Validate(string? name, StreamsOptions options)
    {
        if (name != application)
            return ValidateOptionsResult.Skip;
        var root = configuration.GetSection(section);
        string[] unknown =
        [
            .. Unknown(root, typeof(StreamsOptions), Kafka), .. Unknown(root.GetSection(nameof(StreamsOptions.Delivery)), typeof(DeliveryOptions)), .. Unknown(root.GetSection(nameof(StreamsOptions.Time)), typeof(TimeOptions)),
            .. Unknown(root.GetSection(nameof(StreamsOptions.Faults)), typeof(FaultOptions)), .. Unknown(root.GetSection(nameof(StreamsOptions.State)), typeof(StateOptions)), .. Unknown(root.GetSection(Kafka), typeof(KafkaOptions)),
        ];
        return unknown.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(unknown.Select(fault => $"Application '{application}': {fault}"));
    }

    private static IEnumerable<string> Unknown(IConfigurationSection section, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type, params string[] others)
    {
        string[] known = [.. type.GetProperties().Where(static p => p.SetMethod is { IsPublic: true }).Select(static p => p.Name), .. others];
        return section.GetChildren().Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"'{child.Path}' is no setting. There are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
    }
}
