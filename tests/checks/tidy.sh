#!/usr/bin/env bash
# clang-tidy finds nothing in the product's sources: tidy.sh BUILD [--analyzer]. What it looks for:
# .clang-tidy. The analyzer, which follows paths through the code, takes twenty times as long as all
# the rest: without --analyzer it is left out.
set -eu
checks=()
[ "${2:-}" = --analyzer ] || checks=(--checks='-clang-analyzer-*')
find sim models -name '*.c' -print0 | sort -z |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$1" --quiet "${checks[@]}" --warnings-as-errors='*' \
        2>/dev/null
