#!/usr/bin/env bash
# The reference data is where the tests look for it, or its absence is meant.
set -eu
if [ "${BRINK_REFERENCE:-}" = none ]; then
    echo "BRINK_REFERENCE=none: tests that need reference data are skipped"
    exit 0
fi
for folder in cache histories network published; do
    if [ ! -d "../shared/reference/$folder" ]; then
        echo "../shared/reference/$folder: absent; set BRINK_REFERENCE=none to test without it" >&2
        exit 1
    fi
done
