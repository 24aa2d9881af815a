#!/usr/bin/env bash
# The quick tests, without the longest simulations and the broken twins, run at least 90 % of the
# lines of sim/.
set -eu
cmake --preset coverage >/dev/null
cmake --build --preset coverage --target looked_at
# A test that limits the size of files limits gcov's too; that is not what it is about.
export GCOV_ERROR_FILE=/dev/null
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage --label-regex '^quick$' --label-exclude '^(broken|check|plain)$' \
    --parallel "$(nproc)" --output-on-failure --no-tests=error
exec gcovr --root . --object-directory build/coverage --filter 'sim/' --fail-under-line 90 \
    --sort-uncovered --print-summary
