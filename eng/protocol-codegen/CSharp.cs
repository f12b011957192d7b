namespace ProtocolCodegen;

/// <summary>How the schemas' types and defaults are spelled in C#.</summary>
internal static class CSharp
{
    public static string PropertyName(Field field) => char.ToUpperInvariant(field.Name[0]) + field.Name[1..];

    public static string TypeOf(Field field, Func<string, string> typeName)
    {
        var element = field.IsErrorCode ? "ErrorCode" : field.Type switch
        {
            "bool" => "bool",
            "int8" => "sbyte",
            "int16" => "short",
            "uint16" => "ushort",
            "int32" => "int",
            "int64" => "long",
            "float64" => "double",
            "string" => "string",
            "uuid" => "Guid",
            "bytes" => "byte[]",
            "records" => "RecordsField",
            _ => typeName(field.Type),
        };
        var isReference = field.IsArray || field.IsStruct || field.Type is "string" or "bytes";
        var type = field.IsArray ? $"List<{element}>" : element;
        return isReference && (!field.Nullable.IsEmpty || IsTaggedStruct(field)) ? type + "?" : type;
    }

    public static string Initializer(Field field)
    {
        if (field.Default == "null" || IsTaggedStruct(field) || field.Type == "records")
            return "";
        if (field.IsArray)
            return " = [];";
        return field.Type switch
        {
            "string" => $" = \"{field.Default}\";",
            "bytes" => " = [];",
            "int64" when field.Default == long.MaxValue.ToString() => " = long.MaxValue;",
            "int32" when field.Default == int.MinValue.ToString() => " = int.MinValue;",
            "int32" when field.Default == int.MaxValue.ToString() || field.Default == "0x7fffffff" => " = int.MaxValue;",
            _ when field.IsStruct => " = new();",
            _ when field.Default is null or "" or "0" or "false" => "",
            _ => $" = {field.Default};",
        };
    }

    /// <summary>A tagged field is written only when it differs from its default; a tagged struct has the default null.</summary>
    public static string DiffersFromDefault(Field field)
    {
        var name = PropertyName(field);
        if (IsTaggedStruct(field))
            return $"{name} is not null";
        if (field.IsArray)
            return field.Default == "null" ? $"{name} is not null" : $"{name}.Count > 0";
        return field.Type switch
        {
            "string" when field.Default == "null" => $"{name} is not null",
            "string" => $"{name} != \"{field.Default}\"",
            "uuid" => $"{name} != Guid.Empty",
            "bool" => field.Default == "true" ? $"!{name}" : name,
            _ when field.IsErrorCode => $"{name} != ErrorCode.None",
            "int64" when field.Default == long.MaxValue.ToString() => $"{name} != long.MaxValue",
            _ => $"{name} != {field.Default ?? "0"}",
        };
    }

    public static string WireName(string type) => type switch
    {
        "bool" => "Boolean",
        "int8" => "Int8",
        "int16" => "Int16",
        "uint16" => "UInt16",
        "int32" => "Int32",
        "int64" => "Int64",
        "float64" => "Float64",
        "string" => "String",
        "uuid" => "Uuid",
        "bytes" => "Bytes",
        "records" => "Records",
        _ => throw new NotSupportedException($"The schema type '{type}' has no codec."),
    };

    public static int SizeOf(string type) => type switch
    {
        "bool" or "int8" => 1,
        "int16" or "uint16" => 2,
        "int32" => 4,
        "int64" or "float64" => 8,
        "uuid" => 16,
        _ => throw new NotSupportedException($"The schema type '{type}' has no fixed size."),
    };

    private static bool IsTaggedStruct(Field field) => field is { Tag: not null, IsStruct: true, IsArray: false };
}
