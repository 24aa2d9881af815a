#!/usr/bin/env bash
# The tests that start threads, under the thread sanitizer.
set -eu
cmake --preset tsan >/dev/null
cmake --build --preset tsan
exec ctest --test-dir build/tsan --label-regex '^threads$' --label-exclude '^(check|long)$' \
    --parallel "$(nproc)" --output-on-failure --no-tests=error
