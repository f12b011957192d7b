#!/usr/bin/env bash
# The broker's targets, measured: against Apache Kafka in the same run, in turn, on the same machine with the same clients (Kafka's own perf
# tools, librdkafka under Confluent.Kafka, and librdkafka's C API in batches), and those that need no other broker. A broker that only acknowledges
# ("nothing") shows what each client could reach at most. A client starts and compiles for about 4 s of CPU: few records measure that.
#   ./build.sh bench broker [RECORDS] [ROUNDS] [WHAT]   5000000 records, 3 rounds; WHAT is all, compare or alone
# Records of 165 B, 12 partitions, acks=all. Prints a line per measurement, then medians with their spread, then each target with pass or MISS.
set -euo pipefail
cd "$(dirname "$0")/.."
records=${1:-5000000} rounds=${2:-3} what=${3:-all} partitions=12 rate=20000
kafka=${KAFKA_TEST_HOME:-../shared/kafka}/kafka.sh
bench=artifacts/bin/CrashStreams.Broker.Benchmarks/CrashStreams.Broker.Benchmarks
served=artifacts/native/CrashStreams.Broker.Cli/crashstreams-broker # as operators run it
for program in "$bench" "$served"; do [ -x "$program" ] || { echo "broker.sh: $program is missing; run ./build.sh bench broker" >&2; exit 1; }; done
dir=$(mktemp -d) ticks=$(getconf CLK_TCK) ours_pid= nothing_pid=
cleanup() {
  for started in $ours_pid $nothing_pid; do kill "$started" 2>/dev/null && wait "$started" || true; done
  [ ! -d "$dir/kafka" ] || "$kafka" stop "$dir/kafka" >/dev/null 2>&1 || true
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

# measured BROKER COMMAND...: runs a client; leaves its output in $dir/out; CPU s per million records of broker and client, and the broker's RSS in
# MB, in variables.
measured() {
  local broker=$1 before after used TIMEFORMAT='%U %S'; shift
  sync # what others have left to write is not to hold up this one
  before=$(cpu "${pid[$broker]}")
  used=$({ time "$@" >"$dir/out" 2>"$dir/err"; } 2>&1) || { cat "$dir/err" >&2; exit 1; }
  after=$(cpu "${pid[$broker]}")
  cpu_used=$(awk -v a="$after" -v b="$before" -v n="$records" 'BEGIN { printf "%.3f", (a - b) / n * 1e6 }')
  client_used=$(awk -v n="$records" '{ printf "%.2f", ($1 + $2) / n * 1e6 }' <<<"$used")
  rss_now=$(rss "${pid[$broker]}")
}

# report ROUND BROKER CLIENT WHAT RATE CPU RSS P99 CLIENT_CPU
report() { echo "$*"; echo "$*" >>"$dir/results"; }

# values FILTER FIELD: one field of the counted rounds' lines. Round 0 warms up.
values() { grep -E "^[1-9][0-9]* $1 " "$dir/results" | awk -v f="$2" '{ print $f }'; }
spread() { sort -g | awk '{ v[NR] = $1 } END { if (NR) printf "%s (%s-%s)", v[int((NR + 1) / 2)], v[1], v[NR]; else printf "-" }'; }
median() { spread | cut -d' ' -f1; }

# target NAME FOUND OPERATOR BOUND UNIT: a line of the table of targets.
target() {
  local verdict
  verdict=$(awk -v a="$2" -v o="$3" -v b="$4" 'BEGIN { print (a != "" && a != "-" && (o == "<" ? a < b : o == "<=" ? a <= b : a >= b)) ? "pass" : "MISS" }')
  echo "| $1 | $2 $5 | $3 $4 $5 | $verdict |" >>"$dir/targets"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else print "-" }'; }

start_brokers() {
  local port=$(free_port)
  "$served" --port "$port" --data "$dir/ours" >"$dir/ours.log" 2>&1 &
  ours_pid=$!
  pid[ours]=$ours_pid address[ours]=127.0.0.1:$port
  for _ in $(seq 100); do grep -q ready "$dir/ours.log" && break; sleep 0.1; done
  sleep 1.5
  idle=$(rss "$ours_pid")
  port=$(free_port)
  # By default it deletes files a minute after their topic, at the cost of whoever is measured then.
  KAFKA_EXTRA=log.segment.delete.delay.ms=1000 "$kafka" start "$dir/kafka" "$port" >/dev/null
  pid[kafka]=$(cat "$dir/kafka/node1.pid") address[kafka]=127.0.0.1:$port
  port=$(free_port)
  DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1 "$bench" null "$port" >"$dir/nothing.log" 2>&1 &
  nothing_pid=$!
  pid[nothing]=$nothing_pid address[nothing]=127.0.0.1:$port
  for _ in $(seq 100); do grep -q ready "$dir/nothing.log" && break; sleep 0.1; done
}

topic() { "$kafka" topics --bootstrap-server "${address[$1]}" --create --topic "$2" --partitions $partitions >/dev/null; }
forget() {
  "$kafka" topics --bootstrap-server "${address[$1]}" --delete --topic "$2" >/dev/null
  sleep 3 # until the files are gone
}

java_round() {
  local round=$1 broker=$2 topic=java$1
  topic "$broker" "$topic"
  # Values from a file: making random ones held the tool to 590,000 records/s, whatever the broker.
  measured "$broker" "$kafka" perf-produce --topic "$topic" --num-records "$records" --payload-file "$dir/values" --throughput -1 \
    --producer-props bootstrap.servers="${address[$broker]}" acks=all linger.ms=5 batch.size=262144
  report "$round $broker java produce $(tail -1 "$dir/out" | grep -oE '[0-9.]+ records/sec' | cut -d' ' -f1) $cpu_used $rss_now $(tail -1 "$dir/out" | grep -oE '[0-9]+ ms 99th' | cut -d' ' -f1) $client_used"
  [ "$broker" != nothing ] || return 0
  measured "$broker" "$kafka" perf-consume --topic "$topic" --num-records "$records" --bootstrap-server "${address[$broker]}" --timeout 60000
  # The consumer's fetch rate leaves out the time in which it joins its group.
  report "$round $broker java consume $(tail -1 "$dir/out" | awk -F', *' '{ print $NF }') $cpu_used $rss_now - $client_used"
  forget "$broker" "$topic"
}

librdkafka_round() {
  local round=$1 broker=$2 topic=librdkafka$1
  topic "$broker" "$topic"
  measured "$broker" "$bench" produce "${address[$broker]}" "$topic" "$records"
  report "$round $broker librdkafka produce $(grep -oE '^[0-9]+ records' "$dir/out" | cut -d' ' -f1) $cpu_used $rss_now $(grep -oE '[0-9.]+ ms 99th' "$dir/out" | cut -d' ' -f1) $client_used"
  measured "$broker" "$bench" consume "${address[$broker]}" "$topic" "$records"
  report "$round $broker librdkafka consume $(grep -oE '^[0-9]+ records' "$dir/out" | cut -d' ' -f1) $cpu_used $rss_now - $client_used"
  forget "$broker" "$topic"
}

batch_round() {
  local round=$1 broker=$2 topic=batch$1
  topic "$broker" "$topic"
  measured "$broker" "$bench" batch-produce "${address[$broker]}" "$topic" "$records"
  report "$round $broker batch produce $(grep -oE '^[0-9]+ records' "$dir/out" | cut -d' ' -f1) $cpu_used $rss_now - $client_used"
  [ "$broker" != nothing ] || return 0
  measured "$broker" "$bench" batch-consume "${address[$broker]}" "$topic" "$records"
  report "$round $broker batch consume $(grep -oE '^[0-9]+ records' "$dir/out" | cut -d' ' -f1) $cpu_used $rss_now - $client_used"
  forget "$broker" "$topic"
}

# Ten seconds at a rate that both brokers easily keep: latency without a queue in the client.
steady_round() {
  local round=$1 broker=$2 topic=steady$1
  topic "$broker" "$topic"
  "$bench" produce "${address[$broker]}" "$topic" $((rate * 10)) $rate >"$dir/out"
  report "$round $broker librdkafka steady $(grep -oE '^[0-9]+ records' "$dir/out" | cut -d' ' -f1) - - $(grep -oE '[0-9.]+ ms 99th' "$dir/out" | cut -d' ' -f1) -"
  forget "$broker" "$topic"
}

# Ten thousand lines of 165 capital letters.
make_values() { awk 'BEGIN { srand(1); for (i = 0; i < 10000; i++) { line = ""; for (j = 0; j < 165; j++) line = line sprintf("%c", 65 + int(26 * rand())); print line } }' >"$dir/values"; }

compare() {
  [ -x "$kafka" ] || { echo "broker.sh: no Apache Kafka at $kafka; set KAFKA_TEST_HOME, or measure 'alone'" >&2; exit 1; }
  local round broker client what turns
  declare -gA pid address
  make_values
  start_brokers
  for round in $(seq 0 "$rounds"); do
    # Each is first in every other round: what a broker still does after a load is at the cost of the next.
    [ $((round % 2)) -eq 0 ] && turns="ours kafka" || turns="kafka ours"
    for broker in $turns nothing; do java_round "$round" "$broker"; batch_round "$round" "$broker"; done
    # Fewer rounds of these: they are here to see whether another client finds the same.
    [ "$round" -gt 2 ] || for broker in $turns; do librdkafka_round "$round" "$broker"; steady_round "$round" "$broker"; done
  done
  settled=$("$bench" settle "${address[ours]}" | tee -a "$dir/alone" | grep -oE 'median [0-9.]+' | cut -d' ' -f2)

  echo
  echo "| broker | client | what | records/s | broker CPU s per million | broker RSS MB | p99 ms | client CPU s per million |"
  echo "|---|---|---|---|---|---|---|---|"
  for client in java librdkafka batch; do
    for what in produce consume steady; do
      for broker in ours kafka nothing; do
        [ -n "$(values "$broker $client $what" 5)" ] || continue
        echo "| $broker | $client | $what | $(values "$broker $client $what" 5 | spread) | $(values "$broker $client $what" 6 | spread) | $(values "$broker $client $what" 7 | spread) | $(values "$broker $client $what" 8 | spread) | $(values "$broker $client $what" 9 | spread) |"
      done
    done
  done
  for client in java librdkafka batch; do
    for what in produce consume; do
      target "$client: $what, records/s against Kafka's" "$(ratio "$(values "ours $client $what" 5 | median)" "$(values "kafka $client $what" 5 | median)")" ">=" 1.2 x
      target "$client: $what, broker CPU against Kafka's" "$(ratio "$(values "ours $client $what" 6 | median)" "$(values "kafka $client $what" 6 | median)")" "<=" 0.5 x
    done
    [ "$client" = batch ] || target "$client: p99 of produce at full speed against Kafka's" "$(ratio "$(values "ours $client produce" 8 | median)" "$(values "kafka $client produce" 8 | median)")" "<=" 1 x
    [ "$client" = librdkafka ] || echo "| $client: produce to a broker that only acknowledges, against Kafka's | $(ratio "$(values "nothing $client produce" 5 | median)" "$(values "kafka $client produce" 5 | median)") x | | the client's own limit |" >>"$dir/targets"
  done
  target "p99 of produce at $rate records/s against Kafka's" "$(ratio "$(values "ours librdkafka steady" 8 | median)" "$(values "kafka librdkafka steady" 8 | median)")" "<=" 1 x
  target "idle process" "$idle" "<" 60 MB
  target "three KIP-848 members settle" "$settled" "<" 1000 ms
}

alone() {
  local code=0
  echo; "$bench" start | tee "$dir/out"
  target "start to the first acknowledged record, median" "$(grep -oE 'median [0-9.]+' "$dir/out" | cut -d' ' -f2)" "<" 100 ms
  echo; "$bench" recover | tee "$dir/out"
  target "kill -9 with 1 GB to the first answer, median" "$(grep -m 1 -oE 'median [0-9.]+' "$dir/out" | cut -d' ' -f2)" "<" 500 ms
  echo; "$bench" memory | tee "$dir/out"
  target "growth of RSS over the second half of 10 M records" "$(grep -oE 'half: [-0-9.]+' "$dir/out" | cut -d' ' -f2)" "<" 4 MB
  echo; "$bench" scale | tee "$dir/out" || code=$?
  target "failures with 1,000 partitions, 1,000 connections, 200 groups" "$(grep -oE 'failures: [0-9]+' "$dir/out" | cut -d' ' -f2)" "<=" 0 ""
}

case $what in
  all) compare; alone ;;
  compare) compare ;;
  alone) alone ;;
  *) echo "broker.sh: WHAT is all, compare or alone" >&2; exit 1 ;;
esac
echo
echo "$(git rev-parse --short HEAD), $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), load average $(cut -d' ' -f1 /proc/loadavg), $records records, $rounds rounds"
echo
echo "| target | found | wanted | |"
echo "|---|---|---|---|"
cat "$dir/targets"
