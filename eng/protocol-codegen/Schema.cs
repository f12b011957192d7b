using System.Text.Json;

namespace ProtocolCodegen;

/// <summary>One message schema: a request, a response, or data that travels inside another message.</summary>
internal sealed record Schema(string Name, string Kind, int ApiKey, VersionRange Valid, VersionRange Flexible, Struct Root, IReadOnlyList<Struct> Nested)
{
    public static Schema Load(string file)
    {
        var json = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        var name = json.GetProperty("name").GetString()!;
        var nested = new List<Struct>();
        if (json.TryGetProperty("commonStructs", out var common))
            foreach (var item in common.EnumerateArray())
                AddStruct(item.GetProperty("name").GetString()!, item.GetProperty("fields"), nested);
        var root = new Struct(name, Fields(json.GetProperty("fields"), nested));
        return new Schema(
            name,
            json.GetProperty("type").GetString()!,
            json.TryGetProperty("apiKey", out var key) ? key.GetInt32() : -1,
            VersionRange.Parse(json.GetProperty("validVersions").GetString()),
            VersionRange.Parse(Text(json, "flexibleVersions")),
            root,
            nested);
    }

    /// <summary>The versions in which a struct occurs: those of the fields that have it as their type.</summary>
    public VersionRange VersionsOf(Struct type)
    {
        if (type == Root)
            return Valid;
        var versions = VersionRange.None;
        foreach (var parent in Nested.Prepend(Root))
            foreach (var field in parent.Fields.Where(f => f.Type == type.Name))
            {
                var used = field.Versions.Intersect(VersionsOf(parent));
                versions = versions.IsEmpty ? used : new(Math.Min(versions.First, used.First), Math.Max(versions.Last, used.Last));
            }
        return versions;
    }

    private static void AddStruct(string name, JsonElement fields, List<Struct> nested)
    {
        var place = nested.Count;
        var loaded = new Struct(name, Fields(fields, nested));
        nested.Insert(place, loaded);
    }

    private static List<Field> Fields(JsonElement array, List<Struct> nested)
    {
        var fields = new List<Field>();
        foreach (var item in array.EnumerateArray())
        {
            var type = item.GetProperty("type").GetString()!;
            var isArray = type.StartsWith("[]", StringComparison.Ordinal);
            var element = isArray ? type[2..] : type;
            if (item.TryGetProperty("fields", out var children))
                AddStruct(element, children, nested);
            fields.Add(new Field(
                item.GetProperty("name").GetString()!,
                element,
                isArray,
                VersionRange.Parse(Text(item, "versions")),
                VersionRange.Parse(Text(item, "nullableVersions")),
                item.TryGetProperty("tag", out var tag) ? tag.GetInt32() : null,
                Text(item, "default")));
        }
        return fields;
    }

    private static string? Text(JsonElement item, string property) =>
        item.TryGetProperty(property, out var value) ? value.ToString().Replace("False", "false").Replace("True", "true") : null;
}

internal sealed record Struct(string Name, IReadOnlyList<Field> Fields);

/// <param name="Name">The field's name in the schema, used as it is for the property.</param>
/// <param name="Type">The element's type: a primitive or the name of a struct.</param>
/// <param name="IsArray">Whether the field is an array of <paramref name="Type"/>.</param>
/// <param name="Versions">Versions that have the field.</param>
/// <param name="Nullable">Versions in which it may be null.</param>
/// <param name="Tag">The tag of a tagged field.</param>
/// <param name="Default">The value in versions that lack the field, when it is not the type's zero.</param>
internal sealed record Field(string Name, string Type, bool IsArray, VersionRange Versions, VersionRange Nullable, int? Tag, string? Default)
{
    public bool IsStruct => char.IsUpper(Type[0]);

    public bool IsErrorCode => !IsArray && Type == "int16" && Name.EndsWith("ErrorCode", StringComparison.Ordinal);
}
