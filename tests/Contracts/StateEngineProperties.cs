using System.Buffers;
using CrashStreams.Stores;
using FsCheck.Fluent;
using FsCheck;

namespace CrashStreams.Contracts;

/// <summary>Any sequence of batches, scans, reopenings and crashes leaves an engine with what a sorted dictionary holds.</summary>
internal static class StateEngineProperties
{
    internal enum Kind
    {
        Put,
        Delete,
        DeleteRange,
        Commit,
        Flush,
        Reopen,
        Crash,
        Restore,
        EndRestore,
    }

    /// <summary>Runs random histories; <paramref name="open"/> opens the store of a number.</summary>
    public static void Check(Func<int, IStateEngine> open, Action<IStateEngine> crash, int histories)
    {
        var number = 0;
        var key = Gen.Choose(0, 3).SelectMany(length => Gen.Elements<byte>(0, 1, 0x7f, 0x80, 0xff).ArrayOf(length));
        var step =
            from kind in Gen.Frequency(
                (20, Gen.Constant(Kind.Put)), (6, Gen.Constant(Kind.Delete)), (3, Gen.Constant(Kind.DeleteRange)), (8, Gen.Constant(Kind.Commit)),
                (1, Gen.Constant(Kind.Flush)), (1, Gen.Constant(Kind.Reopen)), (1, Gen.Constant(Kind.Crash)), (1, Gen.Constant(Kind.Restore)), (2, Gen.Constant(Kind.EndRestore)))
            from first in key
            from second in key
            select new Step(kind, first, second);
        Prop.ForAll(step.ListOf().ToArbitrary(), steps =>
        {
            new History(() => open(number), crash).Run(steps);
            number++;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(histories).WithEndSize(150));
    }

    internal sealed record Step(Kind Kind, byte[] First, byte[] Second);

    private sealed class History(Func<IStateEngine> open, Action<IStateEngine> crash)
    {
        // What each batch left, by its position; the first is before any.
        private readonly Dictionary<long, SortedDictionary<byte[], byte[]>> _versions = new() { [-1] = New() };
        private SortedDictionary<byte[], byte[]> _pending = New();
        private IStateEngine _engine = open();
        private IStateBatch? _batch;
        private long _position = -1;
        private long _flushed = -1;
        private bool _isRestoring;

        public void Run(IEnumerable<Step> steps)
        {
            foreach (var step in steps)
                Do(step);
            Commit();
            if (_isRestoring)
                _engine.EndRestore();
            Compare();
            _engine.Dispose();
        }

        private void Do(Step step)
        {
            _batch ??= _engine.CreateBatch();
            switch (step.Kind)
            {
                case Kind.Put:
                    _batch.Put(step.First, step.Second);
                    _pending[step.First] = step.Second;
                    break;
                case Kind.Delete:
                    _batch.Delete(step.First);
                    _pending.Remove(step.First);
                    break;
                case Kind.DeleteRange:
                    _batch.DeleteRange(step.First, step.Second);
                    foreach (var key in _pending.Keys.Where(k => Compare(k, step.First) >= 0 && Compare(k, step.Second) < 0).ToList())
                        _pending.Remove(key);
                    break;
                case Kind.Commit:
                    Commit();
                    break;
                case Kind.Flush:
                    _engine.Flush();
                    _flushed = _position;
                    break;
                case Kind.Reopen:
                    _engine.Flush();
                    _flushed = _position;
                    _engine.Dispose();
                    Opened();
                    break;
                case Kind.Crash:
                    crash(_engine);
                    Opened();
                    break;
                case Kind.Restore when !_isRestoring:
                    _engine.BeginRestore();
                    _isRestoring = true;
                    break;
                case Kind.EndRestore when _isRestoring:
                    _engine.EndRestore();
                    _isRestoring = false;
                    break;
            }
        }

        private void Commit()
        {
            _engine.Write(_batch ??= _engine.CreateBatch(), ++_position);
            _versions[_position] = Copy(_pending);
            if (!_isRestoring)
                Compare();
        }

        private void Opened()
        {
            _batch?.Dispose();
            _batch = null;
            _isRestoring = false;
            _engine = open();
            _engine.Position.Should().BeInRange(_flushed, _position);
            _position = _engine.Position;
            _pending = Copy(_versions[_position]);
            Compare();
        }

        private void Compare()
        {
            var expected = _versions[_position];
            _engine.Position.Should().Be(_position);
            using var scan = _engine.Scan([], []);
            foreach (var (key, value) in expected)
            {
                scan.MoveNext().Should().BeTrue();
                scan.Key.SequenceEqual(key).Should().BeTrue();
                scan.Value.SequenceEqual(value).Should().BeTrue();
                var read = new ArrayBufferWriter<byte>();
                _engine.TryGet(key, read).Should().BeTrue();
                read.WrittenSpan.SequenceEqual(value).Should().BeTrue();
            }

            scan.MoveNext().Should().BeFalse();
            using var reversed = _engine.Scan([], [], reversed: true);
            foreach (var (key, value) in expected.Reverse())
            {
                reversed.MoveNext().Should().BeTrue();
                reversed.Key.SequenceEqual(key).Should().BeTrue();
                reversed.Value.SequenceEqual(value).Should().BeTrue();
            }

            reversed.MoveNext().Should().BeFalse();
        }

        private static int Compare(byte[] x, byte[] y) => x.AsSpan().SequenceCompareTo(y);

        private static SortedDictionary<byte[], byte[]> New() => new(Comparer<byte[]>.Create(Compare));

        private static SortedDictionary<byte[], byte[]> Copy(SortedDictionary<byte[], byte[]> source) => new(source, source.Comparer);
    }
}
