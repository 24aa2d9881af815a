#!/usr/bin/env bash
# The real block trace through client.trace and cache: as many misses as libCacheSim counts, for every
# LRU and FIFO row of the reference: replay.sh BUILD
set -eu
reference=../shared/reference/cache
if [ "${BRINK_REFERENCE:-}" = none ]; then
    echo "skipped: BRINK_REFERENCE=none"
    exit 0
fi
build=$1
scenario=scenarios/validation/cloudphysics.lua
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

replay() { # SCENARIO OPTION...
    "$build/brink" run "$1" --data "$reference" --quiet --out "$work/out" "${@:2}" \
        >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        exit 1
    }
}

# The sweep by bytes states its own expectations.
replay "$scenario"

# All rows one by one. A sweep overrides what is set, so a copy without it takes the scenario's place.
grep -v '^  sweep\|^          size = ' "$scenario" >"$work/cloudphysics.lua"
checked=0
failed=0
while IFS=, read -r _ mode policy size requests misses _; do
    if [ "$mode" = count ]; then setting="objects=$size"; else setting="size=$size"; fi
    replay "$work/cloudphysics.lua" --set "policy=${policy,,}" --set "$setting"
    got=$(awk -F, '/,cache,,(lookups|misses)_total_count,/ { printf "%s ", $(NF - 6) }' \
        "$work/out/metrics.csv")
    if [ "$got" != "$requests $misses " ]; then
        echo "$policy $mode $size: $got requests and misses, libCacheSim: $requests $misses" >&2
        failed=1
    fi
    checked=$((checked + 1))
done < <(grep -E '^cloudphysics,(count|bytes:size),(LRU|FIFO),' "$reference/reference.csv")
echo "$checked rows compared"
[ $checked -ge 20 ] && [ $failed -eq 0 ]
