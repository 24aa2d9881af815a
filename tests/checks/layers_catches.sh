#!/usr/bin/env bash
# layers.sh catches one violation of each of its rules, and nothing in a clean tree.
set -eu
check=$(dirname "$0")/layers.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

failed=0
# expect caught|clean PATH TEXT
expect() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/sim/engine" "$tree/models/cache" "$tree/$(dirname "$2")"
    printf '%s\n' "$3" >"$tree/$2"
    if bash "$check" "$tree" 2>/dev/null; then got=clean; else got=caught; fi
    if [ "$got" != "$1" ]; then
        echo "$2: expected $1, got $got: $3" >&2
        failed=1
    fi
}

expect clean models/cache/lru.c '#include "sim.h"
#include "cache/eviction.h"
#include <string.h>'
expect clean models/cache/lru.c '#include "hashing/placement.h"'
expect clean sim/scenario/lua/units.c '#include <lua.h>'
expect clean sim/engine/queue.c 'int64_t next_time(void); /* the time (in ns) */'
expect clean sim/scenario/lua/sandbox.c 'sandbox_time(lua); snprintf(text, size, "%d", 1);'
expect caught sim/engine/queue.c '#include "../world/node.h"'
expect caught sim/scenario/load.c '#include <lua.h>'
expect caught models/cache/lru.c '#include "lauxlib.h"'
expect caught models/cache/lru.c '#include "world/node.h"'
expect caught models/cache/lru.c '#include "queue/work.h"'
expect clean models/dns/server.c '#include "balancer/health.h"'
expect clean models/proxy/proxy.c '#include "balancer/affinity.h"'
expect clean models/store/raft/log.c '#include "store/cells.h"
#include "store/raft/raft.h"'
expect caught models/store/raft/log.c '#include "store/quorum/quorum.h"'
expect caught models/cache/lru.c '#include "balancer/health.h"'
expect caught models/hashing/ring.c '#include "cache/eviction.h"'
expect caught models/cache/lru.c '#include <stdio.h>'
expect caught models/cache/lru.c '    printf("%d", 1);'
expect clean sim/world/world.c '    fprintf(out, "%d", 1); /* a crash report, to where the caller says */'
expect caught sim/world/world.c '    fprintf(stderr, "%d", 1);'
expect caught sim/world/node.c '    return time(NULL);'
expect caught sim/engine/queue.c '    g_get_monotonic_time();'
expect caught sim/base/text.c '/* TODO: round */'
expect caught sim/base/text.c "$(seq 501)"
exit $failed
