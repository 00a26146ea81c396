#!/usr/bin/env bash
# The tests of the window beside all others, each half in a process of its own: two cores have work then.
# Called by `make test`. What the window's half says comes last.
set -uo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen

told=$(mktemp)
trap 'rm -f "$told"' EXIT
.venv/bin/python -m pytest tests/ui >"$told" 2>&1 &
window=$!
.venv/bin/python -m pytest --ignore=tests/ui
others=$?
wait "$window"
seen=$?
cat "$told"
exit $((others != 0 || seen != 0))
