#!/usr/bin/env bash
# All that a newcomer needs: builds and runs everything in this repository. `./build.sh help` lists the commands.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
out=artifacts

die() { echo "build.sh: $*" >&2; exit 1; }

need_dotnet() {
  command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install it (https://dotnet.microsoft.com/download) and put dotnet on the PATH."
  dotnet --list-sdks | grep -q '^10\.' || die "the .NET 10 SDK is missing: found only $(dotnet --version 2>/dev/null || echo none)."
}

# number COMMAND OPTION VALUE: the value, which has to be a whole number.
number() {
  [[ ${3:-} =~ ^[0-9]+$ ]] || die "$1: $2 needs a whole number${3:+, not '$3'}."
  echo "$3"
}

# no_arguments COMMAND [ARG...]: for commands that take none.
no_arguments() {
  [ $# -eq 1 ] || die "$1: takes no arguments, but there is '$2'. './build.sh help' lists all commands."
}

# build LOG PROJECT: quiet when it works, the errors when it doesn't.
build() {
  local log=$1; shift
  dotnet build "$@" -c Release -nodeReuse:false -v q --nologo >"$log" 2>&1 && return
  { grep -E '(error|warning) [A-Z]+[0-9]+' "$log" || tail -20 "$log"; } | sort -u | head -40 >&2
  return 1
}

# want_program PROGRAM PACKAGE LOG: programs that were not written here and that some tests and samples want; without them those tests say that they are skipped.
want_program() {
  local program=$1 package=$2 log=$3
  command -v "$program" >/dev/null && return
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 0
  echo "Installing $package"
  { apt-get install -y -q "$package" || { apt-get update -q && apt-get install -y -q "$package"; }; } >"$log" 2>&1 || true
}

# want_node FOLDER LOG: the packages for Node.js that FOLDER/package.json names.
want_node() {
  local folder=$1 log=$2
  command -v npm >/dev/null || return 0
  [ "$folder/node_modules/.package-lock.json" -nt "$folder/package.json" ] && return
  echo "Installing $(sed -nE 's/^    "([^"]+)": .*/\1/p' "$folder/package.json" | paste -sd' ') for Node.js"
  npm install --prefix "$folder" --no-package-lock --no-audit --no-fund --loglevel error >"$log" 2>&1 || { rm -rf "$folder/node_modules"; true; }
}

# Several test programs run at once: those at the end of this list begin first, because they take longest.
slow_tests=(CrashStreams.Samples.Tests CrashStreams.Kafka.Tests CrashStreams.Integration.Tests CrashStreams.Tests)

# test [NAME...]: all test programs, or those whose name contains one of NAME.
run_tests() {
  local name names=()
  for name in "$@"; do
    case $name in -h | --help) usage; return ;; -*) die "test: there is no option '$name'; './build.sh test [NAME...]' takes parts of test projects' names." ;; esac
    test_projects "$name" | grep -q . || die "test: no test project's name contains '$name'; there are: $(test_projects | paste -sd' ')"
  done
  need_dotnet
  mapfile -t names < <(test_projects "$@")
  local dir=$out/test passed=0 failed=0 skipped=0 began=$SECONDS
  rm -rf "$dir"; mkdir -p "$dir"
  ! matches CrashStreams.Integration.Tests "$@" || want_program kcat kcat "$dir/apt-kcat.log"
  ! matches CrashStreams.Samples.Tests "$@" || want_program redis-server redis-server "$dir/apt-redis.log"
  ! matches CrashStreams.Samples.Tests "$@" || want_program chromium chromium "$dir/apt-chromium.log"
  echo "Building"
  build "$dir/build.log" CrashStreams.sln || { echo "The build failed; all of it: $dir/build.log"; echo "0 passed, 1 failed, 0 skipped"; return 1; }
  ! matches CrashStreams.Integration.Tests "$@" || want_node tests/CrashStreams.Integration.Tests/bin/Release/net10.0/Node "$dir/npm-clients.log"
  for name in CrashStreams.Sinks.Tests CrashStreams.Samples.Tests; do
    ! matches $name "$@" || want_node tests/$name/bin/Release/net10.0/s3rver "$dir/npm-$name.log"
  done

  local running=0
  # What runs in the background does not hear Ctrl-C.
  trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM
  for name in "${names[@]}"; do
    if [ $running -eq "${TEST_JOBS:-2}" ]; then wait -n; running=$((running - 1)); report "$dir"; fi
    run_test_program "$name" "$dir" & running=$((running + 1))
  done
  while [ $running -gt 0 ]; do wait -n; running=$((running - 1)); report "$dir"; done
  try_alone "$dir"

  grep -hE '^(Simulated|Conformance): ' "$dir"/*.log || true
  grep -h -A1 '\[SKIP\]' "$dir"/*.log | grep -v '\[SKIP\]\|^--$' | sed 's/^ */  /' | sort | uniq -c | sed -E 's/^ *([0-9]+) +/Skipped \1: /' || true
  echo "$((SECONDS - began)) s"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
}

# test_projects [NAME...]: the test projects whose names contain one of NAME, the slowest first.
test_projects() {
  local project name rank
  for project in tests/*/*.csproj; do
    name=$(basename "$project" .csproj)
    matches "$name" "$@" || continue
    for rank in "${!slow_tests[@]}"; do [ "${slow_tests[$rank]}" != "$name" ] || break; rank=-1; done
    echo "$rank $name"
  done | sort -k1,1nr -k2 | cut -d' ' -f2
}

matches() {
  local name=$1; shift
  [ $# -eq 0 ] && return
  for wanted in "$@"; do [[ $name == *$wanted* ]] && return; done
  return 1
}

# run_test_program NAME FOLDER: its log, and when it has ended FOLDER/NAME.end with its exit code and seconds.
run_test_program() {
  local name=$1 dir=$2 start=$SECONDS code=0
  timeout -k 10 "${TEST_TIMEOUT:-900}" "tests/$name/bin/Release/net10.0/$name" -noColor >"$dir/$name.log" 2>&1 || code=$?
  echo "$code $((SECONDS - start))" >"$dir/$name.part"
  mv "$dir/$name.part" "$dir/$name.end"
}

# report FOLDER: adds the test programs that have ended to run_tests' totals, each once.
report() {
  local end name code seconds counts
  for end in "$1"/*.end; do
    [ -e "$end" ] || continue
    name=$(basename "$end" .end)
    read -r code seconds <"$end"
    mv "$end" "$1/$name.exit"
    # The runner's last line: "   Name  Total: 53, Errors: 0, Failed: 1, Skipped: 2, Not Run: 0, Time: 3.2s"
    counts=$(sed -nE 's/^ *[^ ]+ +Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' "$1/$name.log" | tail -1)
    tally "$name" "$1/$name.log" "$seconds" "$code" ${counts:-none}
  done
}

# tally NAME LOG SECONDS CODE TOTAL ERRORS FAILED SKIPPED: adds to run_tests' totals; a runner that died, hung or found no test is a failure.
tally() {
  local name=$1 log=$2 seconds=$3 code=$4
  if [ "$5" = none ]; then
    failed=$((failed + 1))
    if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then echo "$name: HUNG, ended after $seconds s ($log)"
    elif grep -qE "^ *$name +Total: 0\b" "$log"; then echo "$name: FOUND NO TESTS ($log)"
    else echo "$name: CRASHED with exit code $code ($log)"; tail -15 "$log"; fi
    return
  fi

  local bad=$(($6 + $7)) good=$(($5 - $7 - $8))
  # A failure outside of any test: the exit code alone tells.
  if [ "$bad" -eq 0 ] && [ "$code" -ne 0 ]; then bad=1; fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + $8))
  echo "$name: $good passed, $bad failed, $8 skipped ($seconds s)"
  if [ "$bad" -gt 0 ]; then grep -A12 '\[FAIL\]' "$log" || tail -15 "$log"; fi
}

# try_alone FOLDER: a few tests that failed while two programs shared the machine run again, alone. What fails again has failed; what passes is named as unsteady, which is a fault to mend all the same.
try_alone() {
  local log name method again=0
  for log in "$1"/*.log; do
    name=$(basename "$log" .log)
    [ -e "tests/$name/bin/Release/net10.0/$name" ] || continue
    local methods=() options=()
    mapfile -t methods < <(sed -nE 's/^ *(CrashStreams\.[A-Za-z0-9_.+]+)(\(.*)? \[FAIL\].*/\1/p' "$log" | sort -u)
    if [ ${#methods[@]} -eq 0 ] || [ ${#methods[@]} -gt 3 ]; then continue; fi
    for method in "${methods[@]}"; do options+=(-method "$method"); done
    timeout -k 10 "${TEST_TIMEOUT:-900}" "tests/$name/bin/Release/net10.0/$name" -noColor "${options[@]}" >"$log.alone" 2>&1 || continue
    grep -qE "^ *$name +Total: [1-9]" "$log.alone" || continue
    again=$(grep -cE ' \[FAIL\]' "$log")
    passed=$((passed + again)) failed=$((failed - again))
    for method in "${methods[@]}"; do echo "Unsteady: $method failed beside other programs and passed alone ($log)"; done
  done
}

# sim [replay|topologies] [--seeds N] [--from S]: the simulation with other seeds than the tests take; progress and the seeds that failed.
run_sim() {
  local what=faults seeds from=1
  case ${1:-} in
    replay | topologies | order) what=$1; shift ;;
    -*) ;;
    ?*) die "sim: there is no simulation '$1'; use './build.sh sim', './build.sh sim replay', './build.sh sim topologies' or './build.sh sim order'." ;;
  esac
  case $what in replay | order) seeds=1000 ;; *) seeds=10000 ;; esac
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; return ;;
      --seeds) seeds=$(number sim "$@") ;;
      --from) from=$(number sim "$@") ;;
      *) die "sim: there is no option '$1'; use --seeds N and --from S." ;;
    esac
    shift 2
  done
  need_dotnet
  mkdir -p "$out"
  build "$out/sim-build.log" tests/CrashStreams.Tests || die "the build failed; all of it: $out/sim-build.log"
  if [ $what = replay ]; then
    CRASHSTREAMS_REPLAY_SEEDS=$seeds CRASHSTREAMS_REPLAY_FROM=$from tests/CrashStreams.Tests/bin/Release/net10.0/CrashStreams.Tests \
      -noColor -class CrashStreams.Tests.Simulation.ReplayMatrixTests -method '*of_the_live_run*'
    return
  fi
  local class=Simulation.SimulationTests method='*No_fault*'
  [ $what = faults ] || class=Topologies.RandomTopologyTests
  [ $what != order ] || { class=Topologies.OrderedInputTests; method='*the_order*'; }
  CRASHSTREAMS_SIM_SEEDS=$seeds CRASHSTREAMS_SIM_FROM=$from tests/CrashStreams.Tests/bin/Release/net10.0/CrashStreams.Tests \
    -noColor -class CrashStreams.Tests.$class -method "$method"
}

# fuzz attacks [--seconds N] [--only NAME,NAME]: hostile clients beside a producer and a consumer that must not notice.
run_attacks() {
  need_dotnet
  publish benchmarks/CrashStreams.Broker.Attacks
  publish_native src/CrashStreams.Broker.Cli
  "$out/bin/CrashStreams.Broker.Attacks/CrashStreams.Broker.Attacks" --broker "$out/native/CrashStreams.Broker.Cli/crashstreams-broker" "$@"
}

# fuzz [--frames N] [--segments N] [--seed S]: mutated frames and damaged logs, as the tests have them but more.
run_fuzz() {
  if [ "${1:-}" = attacks ]; then shift; run_attacks "$@"; return; fi
  local frames=1000000 segments=100000 seed=$RANDOM project=tests/CrashStreams.Broker.Tests codecs=tests/CrashStreams.Protocol.Tests
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; return ;;
      --frames) frames=$(number fuzz "$@") ;;
      --segments) segments=$(number fuzz "$@") ;;
      --seed) seed=$(number fuzz "$@") ;;
      *) die "fuzz: there is no option '$1'; use --frames N, --segments N and --seed S." ;;
    esac
    shift 2
  done
  need_dotnet
  mkdir -p "$out"
  echo "Building"
  for built in $project $codecs; do build "$out/fuzz-build.log" "$built" || die "the build failed; all of it: $out/fuzz-build.log"; done
  echo "$frames frames each for the codecs, the handlers and a broker over TCP; $segments damaged logs; seed $seed"
  export CRASHSTREAMS_FUZZ_FRAMES=$frames LOG_FUZZ=$segments CRASHSTREAMS_SEED=$seed CRASHSTREAMS_FUZZ_PROGRESS=1
  "$codecs/bin/Release/net10.0/CrashStreams.Protocol.Tests" -noColor -class '*FrameFuzzTests'
  "$project/bin/Release/net10.0/CrashStreams.Broker.Tests" -noColor -parallelMode none -class '*FuzzTests' -class '*CorruptionTests'
}

# chaos [ARG...]: real monitors and a real broker, killed, suspended, stopped and started at random; then everything is verified.
run_chaos() { run_program benchmarks/CrashStreams.Chaos CrashStreams.Chaos "$@"; }

# publish PROJECT [FOLDER [OPTION...]]: the program under artifacts/bin, or FOLDER, compiled ahead of time: it starts at full speed.
publish() {
  local project=$1 folder=${2:-bin} name; name=$(basename "$1"); shift; [ $# -eq 0 ] || shift
  mkdir -p "$out"
  dotnet publish "$project" -c Release --use-current-runtime -p:PublishReadyToRun=true "$@" -o "$out/$folder/$name" \
    -nodeReuse:false -v q --nologo >"$out/$name.build.log" 2>&1 && return
  { grep -E '(error|warning) [A-Z]+[0-9]+' "$out/$name.build.log" || tail -20 "$out/$name.build.log"; } | sort -u | head -40 >&2
  die "the build failed; all of it: $out/$name.build.log"
}

# A linker makes native code of what the SDK has compiled.
want_linker() {
  command -v clang >/dev/null || command -v gcc >/dev/null && return
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
  echo "Installing gcc" >&2
  { apt-get install -y -q gcc libc6-dev || { apt-get update -q && apt-get install -y -q gcc libc6-dev; }; } >"$out/gcc.log" 2>&1
}

# publish_native PROJECT: the program as native code of this machine, under artifacts/native; it starts at once and compiles nothing while it runs.
publish_native() {
  local name; name=$(basename "$1")
  mkdir -p "$out"
  if want_linker; then publish "$1" native -p:PublishNative=true; return; fi
  echo "build.sh: no linker (clang or gcc): $name is compiled ahead of time, but not to native code." >&2
  publish "$1" native
}

# publish_programs: what operators run.
publish_programs() {
  need_dotnet
  local project
  for project in samples/CrashMonitor src/CrashStreams.Broker.Cli; do
    echo "Compiling $project"
    publish_native "$project"
  done
  echo "$out/native/CrashMonitor/crash-monitor"
  echo "$out/native/CrashStreams.Broker.Cli/crashstreams-broker"
}

# pack [FOLDER]: every project under src as a NuGet package with its symbols. The version is the latest tag's, v1.2.3, or counts on from it.
pack() {
  local folder=${1:-$out/packages}
  need_dotnet
  mkdir -p "$out" "$folder"
  echo "Packing"
  rm -f "$folder"/*.nupkg "$folder"/*.snupkg
  dotnet msbuild eng/package/pack.proj -p:PackageFolder="$(cd "$folder" && pwd)" -m -v:q -nologo -nodeReuse:false >"$out/pack.log" 2>&1 || {
    { grep -E '(error|warning) [A-Z]+[0-9]+' "$out/pack.log" || tail -20 "$out/pack.log"; } | sort -u | head -40 >&2
    die "packing failed; all of it: $out/pack.log"
  }
  ls "$folder"/*.nupkg
}

# docs: the pages, and parts of pages, that are generated from the code.
write_docs() {
  need_dotnet
  mkdir -p "$out"
  echo "Building"
  write_page docs/configuration.md CrashStreams.Packages.Tests ConfigurationReferenceTests
  write_page docs/architecture.md CrashStreams.Tests ArchitecturePageTests
  write_page docs/logs.md CrashStreams.Tests LogEventTests
  write_page docs/metrics.md CrashStreams.Hosting.Tests MetricsTests
  write_page docs/images/crash-monitor.svg CrashStreams.CrashMonitor.Tests PictureTests
}

# api: the public API of each library, PublicAPI.Unshipped.txt beside its project, as the compiler sees it.
write_api() {
  need_dotnet
  mkdir -p "$out"
  local file project log=$out/api-build.log
  : >"$log"
  for file in src/*/PublicAPI.Unshipped.txt; do echo '#nullable enable' >"$file"; done
  # Each library is compiled once, and then says what is not in its list: everything.
  for file in src/*/PublicAPI.Unshipped.txt; do
    dotnet build "$(dirname "$file")" -c Release -nodeReuse:false -v q --nologo -p:TreatWarningsAsErrors=false >>"$log" 2>&1 \
      || { grep -E 'error [A-Z]+[0-9]+' "$log" | sort -u | head -40 >&2; die "the build failed; all of it: $log"; }
  done
  for file in src/*/PublicAPI.Unshipped.txt; do
    project=$(basename "$(dirname "$file")")
    sed -nE "s/.*RS0016: Symbol '(.*)' is not part of the declared public API.*\/$project\.csproj\]$/\1/p" "$log" | LC_ALL=C sort -u >>"$file"
    echo "$file"
  done
}

# write_page PAGE PROJECT CLASS: the test that compares a page with the code writes it.
write_page() {
  build "$out/docs-build.log" "tests/$2" || die "the build failed; all of it: $out/docs-build.log"
  CRASHSTREAMS_WRITE_DOCS=1 "tests/$2/bin/Release/net10.0/$2" -noColor -class "*$3" >"$out/docs.log" || { cat "$out/docs.log" >&2; exit 1; }
  echo "$1"
}

# run_program PROJECT PROGRAM ARGS...: builds a program and becomes it.
run_program() {
  local project=$1 program=$2; shift 2
  need_dotnet
  echo "Building" >&2
  publish "$project"
  exec "$out/bin/$(basename "$project")/$program" "$@"
}

# sample NAME ARG...: a program under samples; its project's name is NAME in other letters.
run_sample() {
  local name=${1:-} project
  case $name in
    clickstream) project=samples/Clickstream ;;
    ad-campaigns) project=samples/AdCampaigns ;;
    flyers) project=samples/Flyers; mkdir -p "$out"; want_program redis-server redis-server "$out/apt-redis.log" >&2 ;;
    learning) project=samples/LearningPlatform ;;
    *)
      [ -z "$name" ] || echo "build.sh: there is no sample '$name'." >&2
      echo "./build.sh sample clickstream demo      page views, revenue, conversion and sessions of a web shop"
      echo "./build.sh sample ad-campaigns demo     results and latency of ad campaigns under different loads"
      echo "./build.sh sample flyers demo           a REST API over a stream, with Redis, and its answers verified"
      echo "./build.sh sample learning demo         live and batch views of a learning platform in object storage, and an API over them"
      [ -z "$name" ] || exit 1
      return ;;
  esac
  shift
  need_dotnet
  echo "Building" >&2
  publish "$project"
  [ "$name ${1:-}" != "learning demo" ] || { want_program npm npm "$out/apt-npm.log"; want_node "$out/bin/LearningPlatform/s3rver" "$out/npm-s3rver.log"; } >&2
  exec "$out/bin/$(basename "$project")/$name" "$@"
}

# bench quick: the engine alone in memory, then the crash monitor's drain of an Apache Kafka against a bare consume.
bench_quick() {
  no_arguments 'bench quick' "$@"
  local dir=$out/bench kafka=${KAFKA_TEST_HOME:-../shared/kafka}
  need_dotnet
  mkdir -p "$dir"
  echo "Building"
  build "$dir/build.log" benchmarks/CrashStreams.Benchmarks || die "the build failed; all of it: $dir/build.log"
  publish_native benchmarks/CrashStreams.Drain
  echo "Crash topology in memory (about a minute; log: $dir/memory.log)"
  benchmarks/CrashStreams.Benchmarks/bin/Release/net10.0/CrashStreams.Benchmarks --filter '*CrashTopologyBenchmarks*' --artifacts "$dir" >"$dir/memory.log" 2>&1 \
    || die "the benchmark failed; see $dir/memory.log"
  grep '^|' "$dir/memory.log"
  [ -x "$kafka/kafka.sh" ] || { echo "Drain skipped: no Apache Kafka in '$kafka' (set KAFKA_TEST_HOME)."; return; }
  command -v java >/dev/null || { echo "Drain skipped: Java 17 is missing (apt-get install openjdk-17-jre-headless)."; return; }
  "$out/native/CrashStreams.Drain/CrashStreams.Drain" compare "$kafka" "$dir/drain.md"
  { echo "Crash topology in memory, per record (M records/s = 1000 / ns):"; echo; grep '^|' "$dir/memory.log"; echo; cat "$dir/drain.md"; } >"$dir/quick.md"
  echo "Results: $dir/quick.md"
}

# need_kafka: the folder of an Apache Kafka that can be started.
need_kafka() {
  local kafka=${KAFKA_TEST_HOME:-../shared/kafka}
  [ -x "$kafka/kafka.sh" ] || die "bench: no Apache Kafka in '$kafka' (set KAFKA_TEST_HOME)."
  command -v java >/dev/null || die "bench: Java 17 is missing (apt-get install openjdk-17-jre-headless)."
  printf '%s\n' "$kafka"
}

# bench guarantees [RECORDS] [ROUNDS]: the monitor's drain at-least-once, exactly-once and with two instances, in turn.
bench_guarantees() {
  local kafka; kafka=$(need_kafka) || exit 1
  need_dotnet
  publish_native benchmarks/CrashStreams.Drain
  "$out/native/CrashStreams.Drain/CrashStreams.Drain" guarantees "$kafka" "${1:-3000000}" "${2:-5}"
}

# with_broker NAME ARG...: runs the drain program's command NAME on a broker of ours that is started for it.
with_broker() {
  local dir port=$((20000 + RANDOM % 10000)) broker result=0
  publish benchmarks/CrashStreams.Drain
  publish_native src/CrashStreams.Broker.Cli
  dir=$(mktemp -d)
  "$out/native/CrashStreams.Broker.Cli/crashstreams-broker" --port "$port" --data "$dir" >"$dir/broker.log" 2>&1 &
  broker=$!
  until grep -q . "$dir/broker.log"; do kill -0 $broker || die "bench: the broker did not start"; sleep 0.2; done
  "$out/bin/CrashStreams.Drain/CrashStreams.Drain" "$1" "127.0.0.1:$port" "${@:2}" || result=$?
  kill $broker; wait $broker 2>/dev/null || true
  rm -rf "$dir"
  return $result
}

# suite COMMAND [ARG...]: the measuring program, with the programs that it runs.
suite() {
  publish benchmarks/CrashStreams.Suite
  "$out/bin/CrashStreams.Suite/CrashStreams.Suite" "$@"
}

# broker_options DEFAULT [ARG...]: for the suite, where the broker is that --broker names; one that is missing is compiled.
broker_options() {
  local kind=$1 kafka; shift
  case " $* " in *' --broker kafka '*) kind=kafka ;; *' --broker embedded '*) kind=embedded ;; esac
  if [ "$kind" = kafka ]; then
    kafka=$(need_kafka) || exit 1
    options=(--broker kafka --kafka-home "$kafka")
  else
    publish_native src/CrashStreams.Broker.Cli
    options=(--broker embedded --broker-program "$out/native/CrashStreams.Broker.Cli/crashstreams-broker")
  fi
}

# bench e2e [--broker kafka|embedded] [--records N] [--rounds N] [--only NAME] [--json FILE]: drains of one topic by each client in turn; the exit code is 1 when alerts of ours are wrong.
bench_e2e() {
  local options
  need_dotnet
  broker_options kafka "$@"
  publish_native benchmarks/CrashStreams.Drain
  suite e2e "${options[@]}" --clients "$out/native/CrashStreams.Drain/CrashStreams.Drain" "$@"
}

# bench latency [--broker embedded|kafka] [--rates R,R] [--seconds N] [--only CASE] [--json FILE]: how long results take at a steady rate.
bench_latency() {
  local options
  need_dotnet
  broker_options embedded "$@"
  suite latency "${options[@]}" "$@"
}

# bench budget [ROUNDS] [FILE]: the engine beside a loop written by hand, and what each step costs.
bench_budget() {
  need_dotnet
  mkdir -p "$out"
  build "$out/bench-build.log" benchmarks/CrashStreams.Benchmarks || die "the build failed; all of it: $out/bench-build.log"
  benchmarks/CrashStreams.Benchmarks/bin/Release/net10.0/CrashStreams.Benchmarks budget "$@"
}

# bench beside [COMMIT] [PAIRS]: the crash monitor in memory beside an earlier commit's, in turn.
bench_beside() {
  local commit=${1:-643b8c4} tree=$out/beside program=CrashStreams.Benchmarks
  need_dotnet
  mkdir -p "$out"
  build "$out/bench-build.log" benchmarks/$program || die "the build failed; all of it: $out/bench-build.log"
  git worktree remove --force "$tree" 2>/dev/null || true
  git worktree add --detach "$tree" "$commit" >/dev/null 2>&1 || die "bench: there is no commit '$commit'"
  mkdir -p "$tree/benchmarks/$program/Beside"
  cp benchmarks/$program/Beside/Served.cs "$tree/benchmarks/$program/Beside"
  printf 'CrashStreams.Benchmarks.Beside.Served.Run();\n' >"$tree/benchmarks/$program/Program.cs"
  (cd "$tree" && dotnet build benchmarks/$program -c Release -p:RunAnalyzers=false -v q --nologo >../bench-build.log 2>&1) || die "the build of $commit failed; all of it: $out/bench-build.log"
  benchmarks/$program/bin/Release/net10.0/$program beside "$tree/benchmarks/$program/bin/Release/net10.0/$program" "$commit" "${2:-9}"
  git worktree remove --force "$tree"
}

# bench profile [RECORDS]: where the processor time of a drain goes, as a picture.
bench_profile() {
  local options clients=$out/native/CrashStreams.Drain/CrashStreams.Drain
  need_dotnet
  command -v perf >/dev/null || die "bench: perf is missing (apt-get install linux-perf)."
  broker_options kafka
  publish_native benchmarks/CrashStreams.Drain
  suite profile "${options[@]}" --clients "$clients" --records "${1:-3000000}" --svg docs/performance/charts/profile.svg
}

# bench report: docs/performance/report.md and budget.md from docs/performance/results.
bench_report() {
  no_arguments 'bench report' "$@"
  need_dotnet
  suite report
}

# bench partitions [COUNT] [RATE]: what very many partitions cost.
bench_partitions() {
  need_dotnet
  with_broker partitions "${1:-1000}" "${2:-10}" 30
}

list_benches() {
  cat <<'T'
./build.sh bench quick      the two figures that matter most, in about four minutes: crash topology in memory, drain from Apache Kafka
./build.sh bench beside [COMMIT] [PAIRS]  the crash monitor in memory beside an earlier commit's, in turn
./build.sh bench guarantees [RECORDS] [ROUNDS]  drains of an Apache Kafka at-least-once, exactly-once, and with two instances
./build.sh bench e2e [--broker kafka|embedded] [--records N] [--rounds N] [--only NAME] [--json FILE]
                            drains of one topic (3,000,000 lines, five rounds) by the bare consume, ours and Streamiz in turn, each one's alerts compared
                            with what the input requires; the exit code is 1 when ours are wrong
./build.sh bench latency [--broker embedded|kafka] [--rates R,R] [--seconds N] [--only CASE] [--json FILE]
                            how long results take with default settings: one hop, re-keyed count, final result; both guarantees; 1,000, 10,000 and 100,000/s
./build.sh bench hop [RATE] of these one hop, at 1,000 records a second
./build.sh bench budget [ROUNDS] [FILE]         the engine alone beside a loop written by hand, and what each step of a line's way costs
./build.sh bench profile [RECORDS]              where the processor time of a drain goes: docs/performance/charts/profile.svg (needs perf)
./build.sh bench report     docs/performance/report.md and budget.md from the results in docs/performance/results
./build.sh bench partitions [COUNT] [RATE]      what a windowed count over 1,000 partitions costs at 10 records a second; 0: idle
./build.sh bench broker     our broker against Apache Kafka in the same run
./build.sh bench broker-commits [COMMIT] [RECORDS] [PAIRS]
                            throughput and CPU of our broker beside those of an earlier commit's, in alternating pairs; the exit code is 1 when one is worse than 3 %
./build.sh bench broker-kills [KILLS] [SEED]   kill -9 our broker while clients produce, then look for what is missing or doubled
All other benchmarks: dotnet run -c Release --project benchmarks/CrashStreams.Benchmarks -- --list flat
T
}

# bench broker [RECORDS] [ROUNDS] [all|compare|alone]: the broker's targets, many of them against Apache Kafka in the same run.
bench_broker() {
  need_dotnet
  publish benchmarks/CrashStreams.Broker.Benchmarks
  publish_native src/CrashStreams.Broker.Cli
  benchmarks/broker.sh "$@"
}

# bench broker-commits [COMMIT] [RECORDS] [PAIRS]: the broker beside an earlier commit's, in alternating pairs.
bench_broker_commits() {
  need_dotnet
  publish benchmarks/CrashStreams.Broker.Benchmarks
  publish_native src/CrashStreams.Broker.Cli
  benchmarks/broker-commits.sh "$@"
}

# bench broker-kills [KILLS] [SEED]: whether what was acknowledged survives `kill -9`.
bench_broker_kills() {
  run_program benchmarks/CrashStreams.Broker.Chaos CrashStreams.Broker.Chaos --kills "${1:-200}" --seed "${2:-1}"
}

usage() {
  cat <<'T'
./build.sh demo [ARG...]    the crash monitor from topics to verified alerts, on a broker of its own; arguments as of `crash-monitor demo --help`
./build.sh sample NAME ARG...
                            a sample, for example `./build.sh sample clickstream demo` or `./build.sh sample clickstream --help`; without NAME it lists them
./build.sh test [NAME...]   build everything and run all tests, or those of the test projects whose name contains NAME, two programs at once
                            (TEST_JOBS=1: one); integration tests run when KAFKA_TEST_HOME (default ../shared/kafka) holds an Apache Kafka
./build.sh sim [--seeds N] [--from S]
                            run the whole runtime in simulated clusters with crashes, zombies, rebalances and lost answers, N seeds (default
                            10000) from S (default 1) of each of three topologies, odd seeds exactly-once, even ones at-least-once, and compare
                            with the oracle; one seed alone tells every step it took
./build.sh sim replay [--seeds N] [--from S]
                            a thousand draws of what a replay must not depend on (partitions, keys, a slow partition, shifted clocks, disorder, late
                            records, shuffles, instances, restarts): live run, backlog and ideal run give the same alerts and the same late records
./build.sh sim topologies [--seeds N] [--from S]
                            topologies drawn from the whole DSL, with random inputs, faults and instances, compared with an ideal live run that shares
                            nothing with the engine (default 10000 seeds); one seed alone tells its topology, every step, and what fails of it when all
                            that can go is gone
./build.sh sim order [--seeds N] [--from S]
                            ordered input over two topics of 12 partitions, 1 to 5 instances, crashes and restarts, with folds whose results depend on the order:
                            every update is that of the ideal run (default 1000 seeds of each guarantee)
./build.sh fuzz [--frames N] [--segments N] [--seed S]
                            mutated requests (default 1000000) and damaged log files (default 100000) against codecs, handlers and a broker
./build.sh fuzz attacks [--seconds N] [--only NAME,NAME]
                            hostile clients, each kind for N seconds (default 30), on the native program, beside a producer and a consumer of 1,000 records/s: their p99 must
                            stay under 100 ms and the broker under 300 MB; the exit code is 1 when a target is missed
./build.sh chaos [--minutes M] [--guarantee exactly_once|at_least_once] [--broker embedded|kafka]
                    [--state memory|rocksdb] [--seed S]
                            three crash monitors under load, kill -9, suspended, stopped, started, their disks lost, and their broker killed, by seed; then
                            verified; logs and the list of faults in artifacts/chaos
./build.sh broker [ARG...]  the broker on the command line until Ctrl-C: --port P --data DIR | --memory, --flush always|interval|os, ... (--help)
./build.sh publish          crash-monitor and crashstreams-broker as native programs of this machine, under artifacts/native
./build.sh pack [FOLDER]    NuGet packages with symbols, under artifacts/packages unless FOLDER is given; the version comes from the tags of the clone
./build.sh docs             write what is generated from the code: the configuration reference, the picture of folders in the architecture, the list of metrics
./build.sh api              write the public API of each library to its PublicAPI.Unshipped.txt; the build fails when the code has another
./build.sh bench            list the measurements
./build.sh bench quick      those that matter most, in about four minutes; results under artifacts/bench
./build.sh bench broker [RECORDS] [ROUNDS] [all|compare|alone]
                            the broker's targets, each with pass or MISS: against Apache Kafka (KAFKA_TEST_HOME) in the same run, and alone
./build.sh bench broker-kills [KILLS] [SEED]
                            kill -9 our broker (default 200 times) while an idempotent and a transactional producer work, then compare what is
                            stored with what was acknowledged; the exit code is 0 when nothing is missing, doubled, out of order or half there
./build.sh help             this

Examples
  ./build.sh test Broker Protocol          the tests of the projects with Broker or Protocol in their names
  ./build.sh sim --seeds 500 --from 20001  five hundred seeds that no test takes
  ./build.sh sim topologies --seeds 1 --from 4711   one topology, step by step
  ./build.sh fuzz --frames 10000 --seed 7  a quick run that can be repeated
  ./build.sh chaos --minutes 5 --guarantee exactly_once --broker embedded --state rocksdb
  ./build.sh pack /tmp/feed && dotnet add package CrashStreams.Kafka --prerelease --source /tmp/feed
Every command but help builds what it needs first. The exit code is 0 when everything went well.
T
}

command=${1:-help}; [ $# -gt 0 ] && shift
case $command in
  demo) run_program samples/CrashMonitor crash-monitor demo "$@" ;;
  sample) run_sample "$@" ;;
  test) run_tests "$@" ;;
  sim) run_sim "$@" ;;
  fuzz) run_fuzz "$@" ;;
  chaos) run_chaos "$@" ;;
  broker) run_program src/CrashStreams.Broker.Cli crashstreams-broker "$@" ;;
  publish) no_arguments publish "$@"; publish_programs ;;
  pack) pack "$@" ;;
  docs) no_arguments docs "$@"; write_docs ;;
  api) no_arguments api "$@"; write_api ;;
  bench)
    what=${1:-list}; [ $# -eq 0 ] || shift
    case $what in
      quick) bench_quick "$@" ;;
      broker) bench_broker "$@" ;;
      guarantees) bench_guarantees "$@" ;;
      e2e) bench_e2e "$@" ;;
      latency) bench_latency "$@" ;;
      hop) bench_latency --only hop --rates "${1:-1000}" ;;
      beside) bench_beside "$@" ;;
      budget) bench_budget "$@" ;;
      profile) bench_profile "$@" ;;
      report) bench_report "$@" ;;
      partitions) bench_partitions "$@" ;;
      broker-commits) bench_broker_commits "$@" ;;
      broker-kills) bench_broker_kills "$@" ;;
      list | -h | --help) list_benches ;;
      *) list_benches >&2; die "bench: there is no benchmark '$what'." ;;
    esac ;;
  help | -h | --help) usage ;;
  *) usage >&2; die "there is no command '$command'." ;;
esac
