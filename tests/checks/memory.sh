#!/usr/bin/env bash
# Valgrind finds no invalid access, no use of an unset value and no leak: memory.sh BUILD
set -eu
cd "$(dirname "$0")/../.."
exec ctest --test-dir "$1" --overwrite MemoryCheckCommand=valgrind --label-regex '^memory$'
