#!/usr/bin/env bash
# A broken twin of a model: build.sh TWIN MODELS OUT
#
# The file TWIN names a file of a model below MODELS, an exact text in it and another text:
#
#     what is wrong with it, in a line
#     store/raft/election.c
#     <<<<
#     the text
#     ====
#     what stands there instead
#     >>>>
#
# All sources of the model's folder are copied to OUT/, with that one text replaced. It must occur
# exactly once, so that a twin does not become whole by a change of the model without a word.
set -eu
twin=$1 models=$2 out=$3
file=$(sed -n 2p "$twin")
old=$(sed -n '/^<<<<$/,/^====$/p' "$twin" | sed '1d;$d')
new=$(sed -n '/^====$/,/^>>>>$/p' "$twin" | sed '1d;$d')
folder=$(dirname "$file")
mkdir -p "$out/$folder"
cp "$models/$folder"/*.[ch] "$out/$folder"
content=$(cat "$models/$file")
before=${content%%"$old"*}
after=${content#*"$old"}
if [ -z "$old" ] || [ "$before" = "$content" ] || [ "${after%%"$old"*}" != "$after" ]; then
    echo "$twin: its text is not exactly once in $file" >&2
    exit 1
fi
printf '%s%s%s\n' "$before" "$new" "$after" >"$out/$file"
