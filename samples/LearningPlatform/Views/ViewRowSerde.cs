using System.Buffers;
using CrashStreams.Samples.Learning.Topology;

namespace CrashStreams.Samples.Learning.Views;

/// <summary>Keeps rows until they are in a file: the name of the view, then each value behind a byte that says whether there is one.</summary>
internal sealed class ViewRowSerde : Serde<ViewRow>
{
    private ViewRowSerde()
    {
    }

    public static ViewRowSerde Instance { get; } = new();

    protected override bool ValuesAreImmutable => true;

    public override ViewRow Deserialize(ReadOnlySpan<byte> data)
    {
        var reader = new PackedReader(data);
        var view = ViewCatalog.Find(reader.Text()) ?? throw new SerdeException("unknown-view");
        var values = new object?[view.Columns.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = reader.Byte() == 0 ? null : Read(view.Columns[i].Type, ref reader);
        return new(view, values);
    }

    public override void Serialize(ViewRow value, IBufferWriter<byte> output)
    {
        var writer = new PackedWriter();
        writer.Text(value.View.Name);
        for (var i = 0; i < value.Values.Length; i++)
        {
            writer.Byte((byte)(value.Values[i] is null ? 0 : 1));
            if (value.Values[i] is { } present)
                Write(value.View.Columns[i].Type, present, writer);
        }

        output.Write(writer.Written);
    }

    private static object Read(ColumnType type, ref PackedReader reader) => type switch
    {
        ColumnType.Timestamp => DateTimeOffset.FromUnixTimeMilliseconds(reader.Number()),
        ColumnType.Text => reader.Text(),
        ColumnType.Int64 => reader.Number(),
        ColumnType.Boolean => reader.Byte() != 0,
        _ => reader.Decimal(),
    };

    private static void Write(ColumnType type, object value, PackedWriter writer)
    {
        switch (type)
        {
            case ColumnType.Timestamp:
                writer.Number(((DateTimeOffset)value).ToUnixTimeMilliseconds());
                break;
            case ColumnType.Text:
                writer.Text((string)value);
                break;
            case ColumnType.Int64:
                writer.Number((long)value);
                break;
            case ColumnType.Boolean:
                writer.Byte((byte)((bool)value ? 1 : 0));
                break;
            default:
                writer.Decimal((decimal)value);
                break;
        }
    }
}
