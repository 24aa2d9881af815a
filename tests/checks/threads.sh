#!/usr/bin/env bash
# The tests that start threads, under the thread sanitizer.
set -eu
cmake --preset tsan >/dev/null
cmake --build --preset tsan
exec ctest --test-dir build/tsan --label-regex '^quick$' --label-exclude '^check$' --tests-regex 'threads|study|replic' \
    --parallel "$(nproc)" --output-on-failure --no-tests=error
