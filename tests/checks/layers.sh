#!/usr/bin/env bash
# The walls that the compiler does not draw: layers.sh ROOT
#
# Upward includes do not compile (cmake/layer.cmake). What is left: relative includes that would go
# around that, Lua outside its room, what a model may include, and input, output and clocks where
# there is none.
set -u
cd "$1" || exit 2
failed=0

# complain RULE LINES
complain() {
    [ -n "$2" ] || return 0
    printf '%s:\n%s\n' "$1" "$2" | sed '2,$s/^/  /' >&2
    failed=1
}

matches() { # PATTERN KEPT FOLDER...: in lines as they are, or with one-line comments cut
    local pattern=$1 comments=$2
    shift 2
    find "$@" -name '*.[ch]' 2>/dev/null | sort |
        xargs -r awk -v pattern="$pattern" -v comments="$comments" '
            { line = $0; if (comments == "cut") gsub(/\/\*.*\*\//, "", line) }
            line ~ pattern { print FILENAME ":" FNR ":" $0 }'
}

complain 'an include that leaves its folder by ".."' \
    "$(matches '^[ \t]*#[ \t]*include[ \t]*["<][^">]*[.][.]/' cut sim models)"

complain 'Lua outside sim/scenario/lua' \
    "$(matches '#[ \t]*include[ \t]*[<"](lua|lauxlib|lualib)[.]h' cut sim models tests |
        grep -v '^sim/scenario/lua/')"

# A model sees sim.h, headers of its own family (its folder, and for a store with a folder of its own
# what all stores share), the C library and the placements that several families share; models.h is
# the table's header. Names lead to members by the balancer's policies and health; a proxy remembers
# sessions in its table.
for file in $(find models -name '*.[ch]' 2>/dev/null | sort); do
    family=$(dirname "${file#models/}")
    family=${family/#store\//store|store/}
    shared=hashing
    case $family in dns | proxy) shared='hashing|balancer' ;; esac
    complain 'a model that includes more than "sim.h", its own family and hashing' "$(
        grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" |
            grep -vE "include[[:space:]]*(\"sim\.h\"|\"($family|models|$shared)/[a-z0-9_]+\.h\"|\"[a-z0-9_]+\.h\"|<(assert|inttypes|limits|math|stdalign|stdbool|stddef|stdint|string|stdlib)\.h>)" |
            sed "s|^|$file:|"
    )"
done

complain 'input, output, clocks or entropy in models, engine or world' \
    "$(matches '(^|[^a-z_])(printf[ \t]*[(]|fprintf[ \t]*[(](stdout|stderr)|(puts|fopen|clock_gettime|gettimeofday|g_get_monotonic_time|g_get_real_time|time|rand|random|getenv)[ \t]*[(])|g_random_' cut \
        models sim/engine sim/world | grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)')"

complain 'words of something unfinished' \
    "$(matches '(^|[^A-Za-z_])(TODO|FIXME|XXX|HACK|not implemented|for now)([^A-Za-z_]|$)' kept sim models tests)"

long=$(find sim models -name '*.[ch]' -print0 2>/dev/null | xargs -0 -r wc -l |
    awk '$2 != "total" && $1 > 500')
complain 'files past 500 lines' "$long"

exit $failed
