#!/usr/bin/env bash
# The wheel of onnxruntime for Linux gives the computer an identity as soon as it is imported.
#
# A good engineer would guess: telemetry of ONNX Runtime is a matter of its builds for Windows, as its page on privacy
# says, and on Linux to import it writes nothing.
# What happens: to import it makes a folder below ~/.cache/Microsoft, with an identity of this device and a database for
# what is to be told. With ORT_DISABLE_TELEMETRY=1 in the environment before the import, nothing is written.
# Versions: onnxruntime 1.32.0 (CPU), Python 3.11, Linux.
# Source: run here; https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md.
# Why it matters: a program for schools that promises no telemetry, and checks its ONNX files with onnxruntime, breaks
# its promise in the place where nobody looks; and on a shared home all computers of a room write there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 numpy==2.4.6
written() { # how many files are in a new home after the import, with these settings
    local home="$work/home$1"
    mkdir "$home"
    env -u XDG_CACHE_HOME HOME="$home" "${@:2}" "$work/venv/bin/python" -B -c 'import onnxruntime; print(onnxruntime.__version__)' > "$work/version"
    (cd "$home" && find . -type f | sort)
}
plain=$(written 1)
silent=$(written 2 ORT_DISABLE_TELEMETRY=1)
echo "onnxruntime $(cat "$work/version"): after the import a new home holds: $(echo $plain); with ORT_DISABLE_TELEMETRY=1: ${silent:-nothing}"
grep -q "Microsoft" <<< "$plain" && [ -z "$silent" ]
