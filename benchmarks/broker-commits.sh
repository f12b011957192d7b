#!/usr/bin/env bash
# The broker's program of two commits, each compiled to native code, in one run: produce and consume through librdkafka's C API, in pairs, each commit first in every other one.
#   ./build.sh bench broker-commits [COMMIT] [RECORDS] [PAIRS]   against COMMIT (643b8c4, before there were limits), 5000000 records, 6 pairs
# Records of 165 B, 12 partitions, acks=all. Pair 0 warms up. Prints a line per measurement, then the medians of the pairs' ratios with their spread: what is in common to a pair, such
# as other programs on the machine, is not in them. The exit code is 1 when a ratio is worse than 3 %.
set -euo pipefail
cd "$(dirname "$0")/.."
commit=$(git rev-parse --short "${1:-643b8c4}") records=${2:-5000000} pairs=${3:-6} partitions=12
bench=artifacts/bin/CrashStreams.Broker.Benchmarks/CrashStreams.Broker.Benchmarks
now=artifacts/native/CrashStreams.Broker.Cli/crashstreams-broker
[ -x "$bench" ] && [ -x "$now" ] || { echo "broker-commits.sh: $bench or $now is missing; run ./build.sh bench broker-commits" >&2; exit 1; }
dir=$(mktemp -d) ticks=$(getconf CLK_TCK) served=
cleanup() {
  [ -z "$served" ] || { kill "$served" 2>/dev/null && wait "$served"; } || true
  git worktree remove --force artifacts/commits/tree 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

before=artifacts/commits/$commit/crashstreams-broker
if [ ! -x "$before" ]; then
  echo "Compiling the broker of $commit" >&2
  git worktree add --force --detach artifacts/commits/tree "$commit" >/dev/null 2>&1
  dotnet publish artifacts/commits/tree/src/CrashStreams.Broker.Cli -c Release --use-current-runtime -p:PublishReadyToRun=true -p:PublishNative=true -p:RunAnalyzers=false \
    -o "artifacts/commits/$commit" -nodeReuse:false -v q --nologo >"$dir/build.log" 2>&1 || { tail -20 "$dir/build.log" >&2; exit 1; }
  git worktree remove --force artifacts/commits/tree
fi

# User and system time of a process, in seconds: fields 14 and 15 of proc_pid_stat(5).
cpu() { sed 's/.*) //' "/proc/$1/stat" | awk -v t="$ticks" '{ print ($12 + $13) / t }'; }

# measure PAIR NAME PROGRAM: a broker of its own, and a topic that it makes when it is used.
measure() {
  local pair=$1 name=$2 program=$3 port what start end rate
  while port=$((20000 + RANDOM % 20000)); (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  "$program" --port "$port" --data "$dir/data" --auto-create --default-partitions "$partitions" >"$dir/log" 2>&1 &
  served=$!
  until grep -q ready "$dir/log"; do kill -0 "$served" || { cat "$dir/log" >&2; exit 1; }; sleep 0.1; done
  for what in produce consume; do
    sync # what others have left to write is not to hold up this one
    start=$(cpu "$served")
    rate=$("$bench" "batch-$what" "127.0.0.1:$port" measured "$records" | grep -oE '^[0-9]+ records' | cut -d' ' -f1)
    end=$(cpu "$served")
    awk -v p="$pair" -v n="$name" -v w="$what" -v r="$rate" -v a="$start" -v b="$end" -v c="$records" \
      'BEGIN { printf "%s %s %s %d records/s %.3f CPU s per million\n", p, n, w, r, (b - a) / c * 1e6 }' | tee -a "$dir/results"
  done
  kill "$served" && wait "$served" || true
  served=
  rm -rf "$dir/data"
}

for pair in $(seq 0 "$pairs"); do
  if [ $((pair % 2)) -eq 0 ]; then measure "$pair" before "$before"; measure "$pair" now "$now"
  else measure "$pair" now "$now"; measure "$pair" before "$before"; fi
done

# ratios WHAT FIELD: of each counted pair, now to before.
ratios() {
  awk -v w="$1" -v f="$2" '$1 > 0 && $3 == w { v[$1, $2] = $f; p[$1] = 1 } END { for (i in p) print v[i, "now"] / v[i, "before"] }' "$dir/results" | sort -g
}
spread() { awk '{ v[NR] = $1 } END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; printf "%.3f (%.3f-%.3f)", m, v[1], v[NR] }'; }
echo
echo "$(git rev-parse --short HEAD) to $commit, $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), load average $(cut -d' ' -f1 /proc/loadavg), $records records, $pairs pairs"
echo
echo "| | records/s, of before | broker's CPU per record, of before | |"
echo "|---|---|---|---|"
code=0
for what in produce consume; do
  rate=$(ratios $what 4 | spread) used=$(ratios $what 6 | spread)
  verdict=$(awk -v r="${rate%% *}" -v u="${used%% *}" 'BEGIN { print r >= 0.97 && u <= 1.03 ? "pass" : "MISS" }')
  [ "$verdict" = pass ] || code=1
  echo "| $what | $rate | $used | $verdict |"
done
exit $code
