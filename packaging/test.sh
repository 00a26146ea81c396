#!/usr/bin/env bash
# The tests in two processes, so that two cores have work: the window's, and those of rooms that start processes of their
# own. Whichever ends first goes on with the other rooms. Called by `make test`. What the window's process says comes last.
set -uo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen
unset PYTHONDONTWRITEBYTECODE # or each of the many processes that tests start would compile the program anew

told=$(mktemp -d)
trap 'rm -rf "$told"' EXIT
rooms="tests/blocks tests/compiler tests/zoo"

tests() {
    .venv/bin/python -m pytest "$@"
    local failed=$?
    if mkdir "$told/taken" 2>/dev/null; then # by one of the two alone
        # shellcheck disable=SC2086 # one word a room
        .venv/bin/python -m pytest $rooms || failed=1
    fi
    return "$failed"
}

tests tests/ui >"$told/window" 2>&1 &
window=$!
# shellcheck disable=SC2086
tests --ignore=tests/ui ${rooms//tests/--ignore=tests}
others=$?
wait "$window"
seen=$?
cat "$told/window"
exit $((others != 0 || seen != 0))
