// Writes src/CrashStreams.Protocol/Messages from the message schemas beside this file. Run from the repository root:
//   dotnet run --project eng/protocol-codegen
using ProtocolCodegen;

var schemas = Directory.GetFiles("eng/protocol-codegen/schemas", "*.json").Order(StringComparer.Ordinal).Select(Schema.Load).ToList();
const string target = "src/CrashStreams.Protocol";

foreach (var old in Directory.GetFiles($"{target}/Messages", "*.cs"))
    File.Delete(old);
foreach (var schema in schemas)
    File.WriteAllText($"{target}/Messages/{schema.Name}.cs", new MessageFile(schema).Generate());

var requests = schemas.Where(s => s.Kind == "request").OrderBy(s => s.ApiKey).ToList();
File.WriteAllText($"{target}/ApiKey.cs", ApiTableFile.Keys(requests));
File.WriteAllText($"{target}/SupportedApis.Table.cs", ApiTableFile.Versions(requests));
Console.WriteLine($"{schemas.Count} messages, {requests.Count} APIs.");
