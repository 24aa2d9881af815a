#!/usr/bin/env bash
# Programs that start threads, under the thread sanitizer.
set -eu
programs=(test_run_study test_again_threads)
cmake --preset tsan >/dev/null
cmake --build --preset tsan --target "${programs[@]}"
for program in "${programs[@]}"; do
    "build/tsan/tests/$program"
done
