#!/usr/bin/env bash
# What docs/models/balancer.md says of a policy of one's own, done: build.sh PAGE BALANCER OUT
#
# Copies the folder BALANCER to OUT/balancer, writes the page's block "c models/balancer/packing.c"
# there, puts its block "c models/balancer/policy.h" before the first row of BALANCER_POLICIES, and
# its block "lua with packing" into OUT/packing.lua.
set -eu
page=$1 balancer=$2 out=$3

block() { # the lines between ```$1 and ```
    awk -v opening="\`\`\`$1" '$0 == "```" { inside = 0 } inside { print } $0 == opening { inside = 1 }' "$page"
}

mkdir -p "$out/balancer"
cp "$balancer"/*.[ch] "$out/balancer"
block 'c models/balancer/packing.c' >"$out/balancer/packing.c"
block 'lua with packing' >"$out/packing.lua"
block 'c models/balancer/policy.h' >"$out/row"
awk -v row="$out/row" '
    { print }
    /^#define BALANCER_POLICIES/ { while ((getline line < row) > 0) print line }' \
    "$balancer/policy.h" >"$out/balancer/policy.h"
for made in "$out/row" "$out/balancer/packing.c" "$out/packing.lua"; do
    [ -s "$made" ] || { echo "$page: lacks what belongs into $made" >&2; exit 1; }
done
