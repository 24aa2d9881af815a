#!/usr/bin/env bash
# What the objects of the libraries show and sources do not: symbols.sh BUILD
#
# 1. What shapes a run takes nothing from the C library's mathematics but what IEEE 754 rounds
#    exactly, and nothing from GSL: they differ between machines.
# 2. No layer keeps a variable of its own: two runs in one process cannot affect one another.
set -u
build=$1
failed=0

exact='sqrt|floor|ceil|trunc|round|rint|nearbyint|lround|llround|fmod|ldexp|frexp|modf|fabs|fmin|fmax|copysign|scalbn|isnan|isinf|isfinite'
inexact='(exp|exp2|expm1|exp10|log|log2|log10|log1p|pow|cbrt|hypot|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|erf|erfc|tgamma|lgamma|lgamma_r|j0|j1|jn|y0|y1|yn)'
for layer in base metrics engine world scenario models; do
    archive=$(find "$build" -name "libbrink_$layer.a" | head -n 1)
    if [ -z "$archive" ]; then
        echo "libbrink_$layer.a: not in $build" >&2
        failed=1
        continue
    fi
    used=$(nm -A --undefined-only "$archive" 2>/dev/null |
        grep -E " U (${inexact}[fl]?|gsl_.*|g_random_.*|rand|random|drand48)$")
    if [ -n "$used" ]; then
        printf 'what this layer must not call (exact ones such as %s are fine):\n%s\n' \
            "${exact%%|*}" "$used" >&2
        failed=1
    fi
done

for archive in $(find "$build/sim" "$build/models" -name 'libbrink_*.a' | sort); do
    # Writable and not made constant by the loader; GLib's error quarks and once-flags are constant in
    # effect: each is written once, with a value that does not depend on what runs.
    kept=$(objdump -t "$archive" |
        awk '/file format/ { object = $1 }
             $3 == "O" && $4 ~ /^\.(data|bss)(\.[^r].*)?$/ { print object " " $NF }
             $2 == "O" && $3 ~ /^\.(data|bss)(\.[^r].*)?$/ { print object " " $NF }' |
        grep -vE ' (q|quark|initialization_value)(\.[0-9]+)?$| g_define_|__gcov|__asan|__llvm')
    if [ -n "$kept" ]; then
        printf 'variables that outlive a run, in %s:\n%s\n' "$(basename "$archive")" "$kept" >&2
        failed=1
    fi
done
exit $failed
