#!/usr/bin/env bash
# The command line, as a user meets it: run.sh [--update] BRINK FILE.test...
#
# A test file is a dialogue. Each command line begins with "$ "; below it stands what must come of
# it, in this order:
#
#   = 2        its exit code, where that is not 0
#   > text     a line on stdout
#   ! text     a line on stderr
#
# Commands run one after the other under bash in a folder of their own, which holds copies of
# tests/cli/files. `brink` is the program, $BRINK its path, $SOURCE the source folder. Lines that
# begin with "#" and empty lines are for the reader. --update writes down what came, and shows what
# that changed.
set -u
update=
[ "${1:-}" = --update ] && update=1 && shift
BRINK=$(realpath "$1")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(cd "$here/../.." && pwd)
export BRINK SOURCE
unset NO_COLOR
failed=0

# Runs the commands of $1 and writes the dialogue that came of them.
replay() {
    local line code after_command=
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '$ '*)
            printf '%s\n' "$line"
            (cd "$scratch/work" && exec bash -c "${line#??}") \
                >"$scratch/out" 2>"$scratch/err" </dev/null
            code=$?
            [ $code -eq 0 ] || printf '= %d\n' $code
            sed 's/^/> /; s/^> $/>/' "$scratch/out"
            sed 's/^/! /; s/^! $/!/' "$scratch/err"
            after_command=1
            ;;
        '= '* | '> '* | '>' | '! '* | '!') ;; # what was expected
        *)
            printf '%s\n' "$line"
            ;;
        esac
    done <"$1"
}

for test in "$@"; do
    scratch=$(mktemp -d)
    mkdir "$scratch/work" "$scratch/bin"
    ln -s "$BRINK" "$scratch/bin/brink"
    cp -r "$here/files/." "$scratch/work/"
    PATH=$scratch/bin:$PATH replay "$test" >"$scratch/came"
    if ! diff -u --label expected --label came "$test" "$scratch/came" >"$scratch/diff"; then
        printf '%s\n' "$test"
        cat "$scratch/diff"
        if [ -n "$update" ]; then
            cp "$scratch/came" "$test"
        else
            failed=1
        fi
    fi
    rm -rf "$scratch"
done
exit $failed
