using System.Reflection;
using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace CrashStreams.Tests.Architecture;

/// <summary>
/// Which folder of the library uses which others, from its compiled code: signatures, base types, attributes and method bodies. A type belongs to the folder of the
/// file that declares it; files directly under src/CrashStreams are the folder "(root)".
/// </summary>
internal static partial class LibraryFolders
{
    public const string Root = "(root)";

    private static string Source => Path.Combine(RepositoryRoot, "src", "CrashStreams");

    public static string RepositoryRoot { get; } =
        typeof(LibraryFolders).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value ?? "";

    /// <summary>All folders, with the others that each uses and an example of where.</summary>
    public static SortedDictionary<string, SortedDictionary<string, string>> Uses()
    {
        var folderOf = FoldersOfTypes();
        var uses = new SortedDictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var folder in folderOf.Values)
            uses.TryAdd(folder, new(StringComparer.Ordinal));
        using var module = ModuleDefinition.ReadModule(typeof(StreamsBuilder).Assembly.Location);
        foreach (var type in module.GetTypes())
        {
            if (!folderOf.TryGetValue(NameOf(Outermost(type)), out var from))
                continue;
            foreach (var (used, where) in Mentioned(type).SelectMany(m => Parts(m.Type).Select(t => (t, m.Where))))
            {
                if (folderOf.TryGetValue(NameOf(Outermost(used)), out var to) && to != from)
                    uses[from].TryAdd(to, $"{where} uses {used.Name}");
            }
        }

        return uses;
    }

    private static Dictionary<string, string> FoldersOfTypes()
    {
        var folders = new Dictionary<string, string>();
        foreach (var file in Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(Source, file).Split(Path.DirectorySeparatorChar);
            if (path[0] is "obj" or "bin")
                continue;
            var text = File.ReadAllText(file);
            var space = Namespace().Match(text).Groups[1].Value;
            foreach (Match type in Declaration().Matches(text))
                folders[$"{space}.{type.Groups[1].Value}"] = path.Length == 1 ? Root : path[0];
        }

        return folders;
    }

    private static IEnumerable<(TypeReference Type, string Where)> Mentioned(TypeDefinition type)
    {
        var name = type.Name;
        if (type.BaseType is { } parent)
            yield return (parent, name);
        foreach (var implemented in type.Interfaces)
            yield return (implemented.InterfaceType, name);
        foreach (var constraint in type.GenericParameters.SelectMany(p => p.Constraints))
            yield return (constraint.ConstraintType, name);
        foreach (var field in type.Fields)
            yield return (field.FieldType, $"{name}.{field.Name}");
        foreach (var method in type.Methods)
        {
            var where = $"{name}.{method.Name}";
            yield return (method.ReturnType, where);
            foreach (var parameter in method.Parameters)
                yield return (parameter.ParameterType, where);
            foreach (var used in method.HasBody ? InBody(method.Body) : [])
                yield return (used, where);
        }
    }

    private static IEnumerable<TypeReference> InBody(Mono.Cecil.Cil.MethodBody body)
    {
        foreach (var variable in body.Variables)
            yield return variable.VariableType;
        foreach (var handler in body.ExceptionHandlers.Where(h => h.CatchType is not null))
            yield return handler.CatchType;
        foreach (var instruction in body.Instructions)
        {
            switch (instruction.Operand)
            {
                case TypeReference type:
                    yield return type;
                    break;
                case MethodReference method:
                    yield return method.DeclaringType;
                    yield return method.ReturnType;
                    foreach (var parameter in method.Parameters)
                        yield return parameter.ParameterType;
                    foreach (var argument in method is GenericInstanceMethod generic ? generic.GenericArguments : [])
                        yield return argument;
                    break;
                case FieldReference field:
                    yield return field.DeclaringType;
                    yield return field.FieldType;
                    break;
                default:
                    break;
            }
        }
    }

    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification wrapped => Parts(wrapped.ElementType),
        GenericParameter => [],
        _ => [type],
    };

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static string NameOf(TypeReference type) => $"{type.Namespace}.{type.Name.Split('`')[0]}";

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(?:(?:public|internal|sealed|static|abstract|readonly|partial|unsafe|ref) )*(?:record struct|record class|class|struct|interface|enum|record|delegate [\w<>?.\[\]]+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
