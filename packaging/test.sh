#!/usr/bin/env bash
# The tests in two halves that take as long, each in a process of its own: two cores have work then. With the window's
# stand those of rooms that start no other process. Called by `make test`. What the window's half says comes last.
set -uo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen

told=$(mktemp)
trap 'rm -f "$told"' EXIT
rooms="tests/ui tests/blocks tests/compiler tests/zoo"
# shellcheck disable=SC2086 # one word a room
.venv/bin/python -m pytest $rooms >"$told" 2>&1 &
window=$!
# shellcheck disable=SC2086
.venv/bin/python -m pytest ${rooms//tests/--ignore=tests}
others=$?
wait "$window"
seen=$?
cat "$told"
exit $((others != 0 || seen != 0))
