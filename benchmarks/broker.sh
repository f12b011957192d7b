#!/usr/bin/env bash
# Our broker and Apache Kafka in the same run, in turn, on the same machine with the same client: Kafka's own perf tools.
#   benchmarks/broker.sh [RECORDS] [ROUNDS] [WHAT]   1000000 records, 3 rounds, WHAT ours|kafka|"ours kafka"
# Records of 165 B, 12 partitions, acks=all. Prints a line per measurement, then the medians with their spread.
set -euo pipefail
cd "$(dirname "$0")/.."
records=${1:-1000000} rounds=${2:-3} brokers=${3:-ours kafka} partitions=12
kafka=${KAFKA_TEST_HOME:-../shared/kafka}/kafka.sh
program=src/CrashStreams.Broker.Cli/bin/Release/net10.0/crashstreams-broker
[ -x "$kafka" ] || { echo "broker.sh: no Apache Kafka at $kafka; set KAFKA_TEST_HOME" >&2; exit 1; }
dir=$(mktemp -d) ticks=$(getconf CLK_TCK) ours_pid=
cleanup() {
  [ -z "$ours_pid" ] || { kill "$ours_pid" 2>/dev/null && wait "$ours_pid" || true; }
  "$kafka" stop "$dir/kafka" 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)); (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# User and system time of a process, in seconds: fields 14 and 15 of proc_pid_stat(5).
cpu() { sed 's/.*) //' "/proc/$1/stat" | awk -v t="$ticks" '{ print ($12 + $13) / t }'; }
rss() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$1/status"; }

# measured BROKER WHAT ROUND COMMAND...: runs a client; leaves its output in $dir/out.
measured() {
  local broker=$1 what=$2 before after; shift 3
  before=$(cpu "${pid[$broker]}")
  "$@" >"$dir/out" 2>"$dir/err" || { cat "$dir/err" >&2; exit 1; }
  after=$(cpu "${pid[$broker]}")
  cpu_used=$(awk -v a="$after" -v b="$before" -v n="$records" 'BEGIN { printf "%.2f", (a - b) / n * 1e6 }')
  rss_now=$(rss "${pid[$broker]}")
}

report() { echo "$*"; echo "$*" >>"$dir/results"; }

declare -A pid address
for broker in $brokers; do
  port=$(free_port)
  if [ "$broker" = ours ]; then
    "$program" --port "$port" --data "$dir/ours" >"$dir/ours.log" 2>&1 &
    ours_pid=$!
    pid[ours]=$ours_pid address[ours]=127.0.0.1:$port
    for _ in $(seq 100); do grep -q ready "$dir/ours.log" && break; sleep 0.1; done
  else
    "$kafka" start "$dir/kafka" "$port" >/dev/null
    pid[kafka]=$(cat "$dir/kafka/node1.pid") address[kafka]=127.0.0.1:$port
  fi
done

# Round 0 warms both up and is not counted.
for round in $(seq 0 "$rounds"); do
  for broker in $brokers; do
    topic=round$round
    "$kafka" topics --bootstrap-server "${address[$broker]}" --create --topic "$topic" --partitions $partitions >/dev/null
    measured "$broker" produce "$round" "$kafka" perf-produce --topic "$topic" --num-records "$records" --record-size 165 --throughput -1 \
      --producer-props bootstrap.servers="${address[$broker]}" acks=all linger.ms=5 batch.size=262144
    rate=$(tail -1 "$dir/out" | grep -oE '[0-9.]+ records/sec' | cut -d' ' -f1)
    p99=$(tail -1 "$dir/out" | grep -oE '[0-9]+ ms 99th' | cut -d' ' -f1)
    report "$round $broker produce $rate $cpu_used $rss_now $p99"
    measured "$broker" consume "$round" "$kafka" perf-consume --topic "$topic" --num-records "$records" --bootstrap-server "${address[$broker]}" --timeout 60000
    # The consumer's fetch rate leaves out the time in which it joins its group.
    rate=$(tail -1 "$dir/out" | awk -F', *' '{ print $NF }')
    report "$round $broker consume $rate $cpu_used $rss_now -"
  done
done

# median FIELD: "median (lowest-highest)" of one field of the lines on stdin.
median() { awk -v f="$1" '{ print $f }' | sort -g | awk '{ v[NR] = $1 } END { printf "%s (%s-%s)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }

echo
echo "| broker | what | records/s | broker CPU s per million | broker RSS MB | p99 ms |"
echo "|---|---|---|---|---|---|"
for what in produce consume; do
  for broker in $brokers; do
    lines=$(grep -E "^[1-9][0-9]* $broker $what" "$dir/results")
    echo "| $broker | $what | $(median 4 <<<"$lines") | $(median 5 <<<"$lines") | $(median 6 <<<"$lines") | $(median 7 <<<"$lines") |"
  done
done
