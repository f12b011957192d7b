using CrashStreams.Kafka;
using Microsoft.Extensions.Options;

namespace CrashStreams.Hosting;

/// <summary>Checks an application's options when the host starts; the message names the application.</summary>
internal sealed class StreamsOptionsValidation : IValidateOptions<StreamsOptions>
{
    public ValidateOptionsResult Validate(string? name, StreamsOptions options) => ValidationResult.Of(name, options.Validate);
}

/// <summary>Checks how an application reaches Kafka when the host starts.</summary>
internal sealed class KafkaOptionsValidation : IValidateOptions<KafkaOptions>
{
    public ValidateOptionsResult Validate(string? name, KafkaOptions options) => ValidationResult.Of(name, options.Validate);
}

/// <summary>What an exception of a check means for the host.</summary>
internal static class ValidationResult
{
    public static ValidateOptionsResult Of(string? application, Action validate)
    {
        try
        {
            validate();
            return ValidateOptionsResult.Success;
        }
        catch (TopologyException e)
        {
            return ValidateOptionsResult.Fail($"Application '{application}': {e.Message}");
        }
    }
}
