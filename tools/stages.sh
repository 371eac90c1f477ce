# Sourced by ./dev after tools/setup.sh: building, and the stages of ./dev test.
# shellcheck shell=bash
# shellcheck source=tools/setup.sh
. tools/setup.sh
: "${jobs:=$(nproc)}"

configure() {  # PRESET
  local log=build/configure-$1.log ninja=build/$1/build.ninja
  # The speech runtime's headers may have come since: what is built without them must be configured again.
  [[ -f $ninja && $ninja -nt CMakePresets.json ]] && { [[ ! -e build/speech/include ]] || grep -q PARLEY_WITH_ONNX "$ninja"; } && return 0
  say "Configuring build/$1"
  mkdir -p build
  cmake --preset "$1" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "cmake failed (whole log: $log)"; }
}

build_native() {  # PRESET [TARGET…]
  local preset=$1
  shift
  configure "$preset"
  say "Building build/$preset${*:+: $*}"
  NINJA_STATUS='    [%f/%t] ' ninja -C "build/$preset" -j "$jobs" "$@" | { grep --line-buffered -vE '^ninja: (Entering|no work)' || true; }
}

web_script() {  # NPM-SCRIPT [ARGS…], in web/, if the console has it
  [[ -f web/package.json ]] || return 0
  setup_node
  setup_web
  grep -q "\"$1\":" web/package.json || return 0
  local script=$1
  shift
  (cd web && with_node_at .. npm run --silent "$script" -- "$@")
}

# What the console is made of: a change of name, size or time of any source builds it again.
web_state() { find web -name node_modules -prune -o -name dist -prune -o -type f -printf '%P %s %T@\n' | sort | sha256sum | cut -c1-32; }

build_web() {
  [[ -f web/package.json ]] || return 0
  local state; state=$(web_state)
  stamp_is web-built "$state" && return 0
  say "Building the console"
  web_script build
  stamp_set web-built "$(web_state)"
}

run_benches() {  # [NAME]
  local bench failed=0
  mkdir -p build/reports/bench
  while read -r bench; do
    [[ -n $bench && ($1 == '' || $bench == "$1" || $bench == "${1}_bench") ]] || continue
    say "$bench"
    "build/release/benches/$bench" --benchmark_min_time="${PARLEY_BENCH_SECONDS:-0.5}" --benchmark_counters_tabular=true \
      --benchmark_out="build/reports/bench/$bench.json" --benchmark_out_format=json || failed=1
  done <build/release/lists/benches
  return $failed
}

run_fuzzers() {  # PRESET NAME SECONDS
  local target failed=0 log
  mkdir -p build/reports/fuzz build/fuzz-finds
  while read -r target; do
    [[ -n $target && ($2 == '' || $target == "$2" || $target == "${2}_fuzz") ]] || continue
    local seeds=fuzz/corpus/${target%_fuzz} grown=build/fuzz-corpus/$target
    [[ -d $seeds ]] || seeds=fuzz/corpus/$target  # either name is fine for the folder of seeds
    [[ -d $seeds ]] || seeds=$grown
    mkdir -p "$grown"
    log=build/reports/fuzz/$target.log
    if "build/$1/fuzzers/$target" -max_total_time="$3" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="build/fuzz-finds/$target-" "$grown" "$seeds" >"$log" 2>&1; then
      printf '    %-28s %s runs\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
      junit_case fuzz "$target" passed
    else
      tail -n 25 "$log" >&2
      warn "$target failed; the input is in build/fuzz-finds, the log is $log"
      junit_case fuzz "$target" failed
      failed=1
    fi
  done <"build/$1/lists/fuzzers"
  return $failed
}

# Notes one result for tools/count-tests. STAGE NAME passed|failed|skipped
junit_case() {
  mkdir -p build/reports/tests
  local inner=''
  [[ $3 == failed ]] && inner='<failure/>'
  [[ $3 == skipped ]] && inner='<skipped/>'
  printf '<testsuite><testcase classname="%s" name="%s">%s</testcase></testsuite>\n' "$1" "$2" "$inner" >"build/reports/tests/$1-$2.xml"
}

run_ctest() {  # PRESET STAGE [ARGS…]
  local preset=$1 stage=$2
  shift 2
  mkdir -p build/reports/tests
  # Test data that lies beside the checkout, not in it; the tests that want it are skipped without.
  [[ -d ../shared/testdata/media/g722 ]] && export PARLEY_G722_VECTORS=$PWD/../shared/testdata/media/g722
  ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --no-tests=ignore --output-junit "$PWD/build/reports/tests/$stage.xml" "$@" \
    | grep --line-buffered -vE '^(Internal ctest|Test project|    Start )|^ *[0-9]+/[0-9]+ Test .* Passed '
  return "${PIPESTATUS[0]}"
}

# Runs one stage; notes failure and goes on. The time is said, for the slowest stage is what to improve.
stage() {  # TITLE COMMAND…
  local title=$1 start=$SECONDS
  shift
  say "$title"
  # Inside a condition `set -e` would be off: the stage runs in a shell of its own.
  local code=0
  (set -e; "$@") &
  wait $! || code=$?
  if ((code == 0)); then say "$title: ${green}ok${plain} ($((SECONDS - start)) s)"
  else warn "$title: FAILED ($((SECONDS - start)) s)"; failed_stages+=("$title"); fi
}

stage_web() {
  local code=0
  [[ -f web/package.json ]] || return 0
  if web_script lint; then junit_case web lint passed; else junit_case web lint failed; code=1; fi
  web_script test --reporter=default --reporter=junit "--outputFile.junit=$PWD/build/reports/tests/web-unit.xml" || code=1
  return $code
}

stage_style() {
  local files
  mapfile -t files < <(git ls-files '*.cpp' '*.hpp')
  if printf '%s\n' "${files[@]}" | xargs -r clang-format-19 --dry-run -Werror; then junit_case style clang-format passed
  else junit_case style clang-format failed; return 1; fi
  if shellcheck -x dev .ci/run tools/*.sh; then junit_case style shellcheck passed
  else junit_case style shellcheck failed; return 1; fi
}

stage_sanitize() {
  build_native asan
  build_native asan fuzzers
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  export LSAN_OPTIONS="suppressions=$PWD/tools/lsan.supp:print_suppressions=0"
  run_ctest asan sanitize -L 'unit|sip_media'
}

# Sets of messages, flows and media vectors have runners of their own, which take folders: test torture|sipp|vectors [--set DIR]… [ARGS]
run_sets() {
  local runner=$1 programs=(parleyd parley)
  shift
  [[ $runner == vectors ]] && programs+=(media_vectors)
  setup_packages build test
  build_native release "${programs[@]}"
  (cd tests/e2e && exec /usr/bin/python3 "run_$runner.py" "$@")
}

# Paths that the caller gave mean the caller's folder, and are told to runners as absolute ones.
absolute_sets() {
  local out=()
  while (($#)); do
    if [[ $1 == --set && $# -gt 1 ]]; then
      out+=(--set "$(realpath -m -- "$2")")
      shift
    elif [[ $1 == --set=* ]]; then out+=(--set "$(realpath -m -- "${1#--set=}")")
    else out+=("$1"); fi
    shift
  done
  printf '%s\0' "${out[@]}"
}

cmd_test() {
  if [[ ${1:-} == torture || ${1:-} == sipp || ${1:-} == vectors ]]; then
    local runner=$1 arguments=()
    shift
    (($#)) && mapfile -d '' -t arguments < <(absolute_sets "$@")
    run_sets "$runner" "${arguments[@]}"
    return
  fi
  if (($#)); then
    setup_packages build test
    setup_node
    setup_speech
    build_native release
    build_web
    run_ctest release named --no-tests=error -R "$1" || die "failed; the whole output: build/release/Testing/Temporary/LastTest.log"
    python3 tools/count-tests build/reports/tests/named.xml
    return
  fi
  local failed_stages=()
  rm -rf build/reports/tests
  stage 'Set-up' setup_all_for_tests
  stage 'Style' stage_style
  stage 'Build' build_native release
  stage 'Console: build' build_web
  stage 'Tests' run_ctest release tests
  stage 'Console: lint and unit tests' stage_web
  stage 'Sanitizers: unit, SIP and media tests' stage_sanitize
  stage 'Fuzzing, 10 s each' run_fuzzers asan '' 10
  ((${#failed_stages[@]} == 0)) || printf '%s==> failed: %s%s\n' "$red" "$(IFS=,; echo "${failed_stages[*]}")" "$plain" >&2
  say "All stages took $((SECONDS / 60)) min $((SECONDS % 60)) s"
  python3 tools/count-tests --failed-stages "${#failed_stages[@]}" build/reports/tests
}

setup_all_for_tests() {
  setup_packages build test lint
  setup_node
  setup_web
  setup_speech
}
