#!/usr/bin/env bash
# The loader under libFuzzer, with the address and undefined-behaviour sanitizers, for five minutes.
set -eu
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target fuzzers
exec ctest --test-dir build/fuzz --label-regex '^fuzz$' --output-on-failure --no-tests=error
