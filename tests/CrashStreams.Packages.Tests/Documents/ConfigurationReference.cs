using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace CrashStreams.Packages.Tests.Documents;

/// <summary>docs/configuration.md, made of what the options' XML documentation says and of the values that they have when nothing is set.</summary>
internal static partial class ConfigurationReference
{
    private static readonly Type[] _options =
    [
        typeof(StreamsOptions), typeof(Kafka.KafkaOptions), typeof(RocksDb.RocksDbOptions), typeof(CrashMonitor.CrashMonitorOptions), typeof(CrashMonitor.LoadOptions), typeof(Broker.BrokerOptions),
    ];

    public static string Text()
    {
        var text = new StringBuilder("""
            # Configuration

            Every setting of every options record, with its default. This page is generated from the documentation in the code: `./build.sh docs` writes it after a change.
            Options are checked when they are used; one error lists all faults, each with its remedy.

            """);
        foreach (var type in _options)
            Write(text, type);
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static void Write(StringBuilder text, Type type)
    {
        var documentation = XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member").ToDictionary(member => (string)member.Attribute("name")!);
        text.AppendLine().AppendLine($"## {type.Name}").AppendLine(Summary(documentation[$"T:{type.FullName}"]));
        text.AppendLine($"Package `{type.Assembly.GetName().Name}`, namespace `{type.Namespace}`.");
        WriteSettings(text, type, documentation);
        foreach (var group in Settings(type).Where(IsGroup))
        {
            text.AppendLine().AppendLine($"### {type.Name}.{group.Name}").AppendLine(Summary(documentation[$"T:{group.PropertyType.FullName}"]));
            WriteSettings(text, group.PropertyType, documentation);
        }
    }

    private static void WriteSettings(StringBuilder text, Type type, Dictionary<string, XElement> documentation)
    {
        // Without the constructor's required members: their default is that there is none.
        var defaults = Activator.CreateInstance(type)!;
        text.AppendLine().AppendLine("| setting | type | default | meaning |").AppendLine("|---|---|---|---|");
        foreach (var property in Settings(type))
        {
            var summary = Summary(documentation[$"P:{type.FullName}.{property.Name}"]);
            if (IsGroup(property))
            {
                text.AppendLine($"| [`{property.Name}`](#{type.Name.ToLowerInvariant()}{property.Name.ToLowerInvariant()}) | group | | {summary} |");
                continue;
            }

            var value = property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)) ? "required" : Value(property.GetValue(defaults));
            text.AppendLine($"| `{property.Name}` | {TypeName(property.PropertyType)} | {value} | {summary} |");
        }
    }

    private static IEnumerable<PropertyInfo> Settings(Type type) => type.GetProperties().Where(property => property.CanWrite).OrderBy(property => property.MetadataToken);

    private static bool IsGroup(PropertyInfo property) => property.PropertyType.Name == $"{property.Name.TrimEnd('s')}Options";

    private static string Summary(XElement member) => Blanks().Replace(string.Concat(member.Element("summary")!.Nodes().Select(Markdown)), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);

    private static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" or "code" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" or "seealso" } see when (string?)see.Attribute("cref") is { } cref => $"`{Cref(cref)}`",
        XElement { Name.LocalName: "see" } see => $"`{(string?)see.Attribute("langword")}`",
        XElement { Name.LocalName: "paramref" } parameter => $"`{(string?)parameter.Attribute("name")}`",
        XElement other => string.Concat(other.Nodes().Select(Markdown)),
        _ => "",
    };

    // P:CrashStreams.StreamsOptions.LateTopic is LateTopic, F:CrashStreams.FaultResponse.Skip is FaultResponse.Skip.
    private static string Cref(string cref)
    {
        var parts = cref[2..].Split('(')[0].Split('.');
        var name = parts[^1].Split('`')[0];
        return cref[0] is 'T' or 'P' or 'M' ? name : $"{parts[^2]}.{name}";
    }

    private static string TypeName(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return TypeName(inner);
        if (typeof(Delegate).IsAssignableFrom(type))
            return "delegate";
        if (type.IsGenericType)
            return $"{type.Name.Split('`')[0]} of {string.Join(", ", type.GetGenericArguments().Select(TypeName))}";
        return Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => string.Join(", ", Enum.GetNames(type).Select(name => $"`{name}`")),
            TypeCode.String => "text",
            TypeCode.Boolean => "yes or no",
            TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 or TypeCode.UInt64 => "whole number",
            TypeCode.Double => "number",
            _ => type.Name,
        };
    }

    private static string Value(object? value) => value switch
    {
        null => "none",
        string { Length: 0 } => "empty",
        bool isSet => isSet ? "yes" : "no",
        TimeSpan span => Span(span),
        IEnumerable items and not string => items.Cast<object>().Any() ? string.Join(", ", items.Cast<object>()) : "empty",
        IFormattable number and not Enum => number.ToString(null, CultureInfo.InvariantCulture),
        TimeProvider => "the system's clock",
        string or Enum or System.Net.IPAddress => $"`{value}`",
        _ => value.GetType().Name,
    };

    private static string Span(TimeSpan span) => span switch
    {
        _ when span == TimeSpan.Zero => "0",
        { TotalDays: >= 1 } when span.Ticks % TimeSpan.TicksPerDay == 0 => $"{span.TotalDays} d",
        { TotalHours: >= 1 } when span.Ticks % TimeSpan.TicksPerHour == 0 => $"{span.TotalHours} h",
        { TotalMinutes: >= 1 } when span.Ticks % TimeSpan.TicksPerMinute == 0 => $"{span.TotalMinutes} min",
        { TotalSeconds: >= 1 } when span.Ticks % TimeSpan.TicksPerSecond == 0 => $"{span.TotalSeconds} s",
        _ => $"{span.TotalMilliseconds} ms",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
