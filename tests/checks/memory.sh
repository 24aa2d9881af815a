#!/usr/bin/env bash
# Valgrind finds no invalid access, no use of an unset value and no leak: memory.sh BUILD
#
# It sees what the sanitizers do not (memory that was never set), at thirty times the run time: hence
# only the unit tests of the layers that keep memory of their own, and one whole run.
set -u
build=$1
failed=0

checked() {
    valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect \
        --errors-for-leak-kinds=definite,indirect "$@" >/dev/null || {
        echo "valgrind: $*" >&2
        failed=1
    }
}

for program in test_base test_metric test_queue test_world test_station test_stream; do
    [ ! -x "$build/tests/$program" ] || checked "$build/tests/$program"
done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
[ ! -f scenarios/tutorial/first.lua ] ||
    checked "$build/brink" run scenarios/tutorial/first.lua --quiet --jobs 2 --runs 2 --out "$out"
exit $failed
