#!/usr/bin/env bash
# clang-tidy finds nothing in the product's sources: tidy.sh BUILD. What it looks for: .clang-tidy.
set -eu
find sim models -name '*.c' -print0 | sort -z |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$1" --quiet --warnings-as-errors='*' 2>/dev/null
