#!/usr/bin/env bash
# The tests in two processes, so that two cores have work: each takes the next file that the other has not begun, and
# both end together whatever is added. Called by `make test`. What the second process says comes last.
set -uo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen

told=$(mktemp) share=$(mktemp -d)
trap 'rm -rf "$told" "$share"' EXIT
.venv/bin/python -m pytest "--share=$share" >"$told" 2>&1 &
second=$!
.venv/bin/python -m pytest "--share=$share"
first=$?
wait "$second"
other=$?
cat "$told"
exit $((first != 0 || other != 0))
