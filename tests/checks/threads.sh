#!/usr/bin/env bash
# Programs that start threads, under the thread sanitizer.
set -eu
programs=(test_run_study test_again_threads)
declare -A only=([test_again_threads]=/again/beside-another) # the others have one thread
cmake --preset tsan >/dev/null
cmake --build --preset tsan --target "${programs[@]}"
for program in "${programs[@]}"; do
    "build/tsan/tests/$program" ${only[$program]:+-p "${only[$program]}"}
done
