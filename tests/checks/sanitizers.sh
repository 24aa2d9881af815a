#!/usr/bin/env bash
# The quick tests under the address and undefined-behaviour sanitizers, built by clang, whose
# warnings are errors here too. Without the long simulations and the broken twins, which add minutes
# and no line that others do not run.
set -eu
CC=clang cmake --preset asan -DBRINK_WERROR=ON >/dev/null
cmake --build --preset asan --target looked_at
export ASAN_OPTIONS=detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1
exec ctest --test-dir build/asan --label-regex '^quick$' --label-exclude '^(broken|check|plain)$' \
    --parallel "$(nproc)" --output-on-failure --no-tests=error
