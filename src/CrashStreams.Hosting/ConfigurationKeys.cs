using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using CrashStreams.Faults;
using CrashStreams.Kafka;
using CrashStreams.Stores;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CrashStreams.Hosting;

/// <summary>
/// Finds what binding passes over without a word, so that defaults would hold: settings that there are not, values where a group of settings belongs, and groups where a value does. And times that are
/// one number, which .NET takes for days.
/// </summary>
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
        var settings = Array.FindAll(type.GetProperties(), static p => p.SetMethod is { IsPublic: true });
        var known = string.Join(", ", settings.Select(static p => p.Name).Concat(others).Order(StringComparer.Ordinal));
        return section.GetChildren().Where(child => !others.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => Array.Find(settings, p => string.Equals(p.Name, child.Key, StringComparison.OrdinalIgnoreCase)) is { } setting
                ? FaultOf(child, setting.PropertyType)
                : $"'{child.Path}' is no setting. There are: {known}.")
            .OfType<string>();
    }

    private static string? FaultOf(IConfigurationSection setting, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var hasParts = setting.GetChildren().Any();
        if (typeof(Delegate).IsAssignableFrom(type) || type == typeof(IStateStorage))
            return $"'{setting.Path}' can't be set by configuration: set it in code, with {nameof(StreamsApplicationBuilder.Configure)}.";
        if (type.IsPrimitive || type.IsEnum || type == typeof(TimeSpan) || type == typeof(string))
        {
            return hasParts ? $"'{setting.Path}' is one value ({type.Name}), and the configuration has a group there: {string.Join(", ", setting.GetChildren().Select(static part => $"'{part.Path}'"))}."
                : type == typeof(TimeSpan) && int.TryParse(setting.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var days) && days != 0
                    ? $"'{setting.Path}' is '{setting.Value}', which would be {days} days: write it as hours:minutes:seconds, '00:00:05' for five seconds."
                    : null;
        }

        return hasParts || string.IsNullOrEmpty(setting.Value)
            ? null
            : $"'{setting.Path}' is a group of settings, and the configuration has the value '{setting.Value}' there: write the setting's name behind it, '{setting.Path}:...'.";
    }
}
