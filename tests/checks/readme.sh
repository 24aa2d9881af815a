#!/usr/bin/env bash
# README.md shows what is: readme.sh BUILD [--update]
#
# A ```lua block is the file that the paragraph before it names; below "$ brink ..." in a ```console
# block stands what that command prints. --update writes both into README.md.
set -eu
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$build/brink" "$work/bin/brink"
cp -r scenarios "$work/"
export PATH=$work/bin:$PATH

file=
skipping=false
while IFS= read -r line; do
    if $skipping; then
        [ "$line" = '```' ] || continue
        skipping=false
    fi
    printf '%s\n' "$line"
    case $line in
    '```lua')
        cat "$file"
        skipping=true
        ;;
    '$ brink '*)
        (cd "$work" && bash -c "${line#??}" 2>&1)
        skipping=true
        ;;
    *'`scenarios/'*) file=$(printf '%s' "$line" | grep -o 'scenarios/[a-z0-9/-]*\.lua') || true ;;
    esac
done <README.md >"$work/README.md"

if [ "${2:-}" = --update ]; then
    cp "$work/README.md" README.md
else
    diff -u README.md "$work/README.md"
fi
