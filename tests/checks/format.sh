#!/usr/bin/env bash
# Layout is what clang-format makes of it.
set -eu
find sim models tests -name '*.[ch]' -print0 | xargs -0 -n 20 -P 2 clang-format --dry-run -Werror
