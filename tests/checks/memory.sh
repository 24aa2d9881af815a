#!/usr/bin/env bash
# Valgrind finds no invalid access, no use of an unset value and no leak: memory.sh BUILD
#
# It sees what the sanitizers do not (memory that was never set), at thirty times the run time: hence
# only the unit tests of the layers that keep memory of their own, and one whole run.
set -u
build=$1
failed=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

checked() { # a command; its own exit code may be any but 99
    local code=0
    [ -x "$1" ] || { echo "$1: absent" >&2; failed=1; return; }
    valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect \
        --errors-for-leak-kinds=definite,indirect "$@" >"$out/log" 2>&1 || code=$?
    if [ $code -eq 99 ] || [ $code -ge 128 ]; then
        cat "$out/log" >&2
        echo "valgrind: $*" >&2
        failed=1
    fi
}

for program in test_pool test_metric test_engine test_world_call test_world_station \
    test_world_connection test_cache_table test_scenario_load; do
    checked "$build/tests/$program"
done
checked "$build/brink" run scenarios/tutorial/first.lua --quiet --jobs 2 --runs 2 --out "$out/first"
exit $failed
