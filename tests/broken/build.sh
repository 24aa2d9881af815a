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
# That file is written to OUT, with the one text replaced; it takes the place of the model's own when
# the twin is linked. The text must occur exactly once, so that a twin does not become whole by a
# change of the model without a word.
set -eu
twin=$1 models=$2 out=$3
file=$(sed -n 2p "$twin")
old=$(sed -n '/^<<<<$/,/^====$/p' "$twin" | sed '1d;$d')
new=$(sed -n '/^====$/,/^>>>>$/p' "$twin" | sed '1d;$d')
mkdir -p "$(dirname "$out/$file")"
content=$(cat "$models/$file")
before=${content%%"$old"*}
after=${content#*"$old"}
if [ -z "$old" ] || [ "$before" = "$content" ] || [ "${after%%"$old"*}" != "$after" ]; then
    echo "$twin: its text is not exactly once in $file" >&2
    exit 1
fi
printf '%s%s%s\n' "$before" "$new" "$after" >"$out/$file"
