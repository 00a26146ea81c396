#!/usr/bin/env bash
# Make the checkout ready to run: Qt's system libraries, a virtual environment in .venv, the pinned packages.
# Called by `make run` and `make test`, once; they call it again when pyproject.toml or the lock file changes.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
venv=.venv
libraries="libegl1 libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon0 fonts-dejavu-core
  libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
  libxcb-xkb1 libxkbcommon-x11-0 libx11-xcb1"

say() { printf '%s\n' "$*"; }
stop() { say "$*" >&2; exit 1; }

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# a name that has moved on (libglib2.0-0 became libglib2.0-0t64) counts as there when its successor is
missing_packages() {
  local name
  for name in "$@"; do
    installed "$name" || installed "${name}t64" || printf '%s ' "$name"
  done
}

install_packages() {
  local as=()
  [ "$(id -u)" = 0 ] || as=(sudo -n)
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then return 1; fi
  say "Installing system packages: $*"
  "${as[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

command -v "$python" >/dev/null || stop "CNN Studio needs Python 3.11 or newer; '$python' was not found."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  stop "CNN Studio needs Python 3.11 or newer; '$python' is $("$python" -V 2>&1). Try: make PYTHON=python3.12 run"

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  # shellcheck disable=SC2086 # one word a package
  missing=$(missing_packages $libraries)
  "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
  if [ -n "${missing// /}" ]; then
    # shellcheck disable=SC2086
    install_packages $missing ||
      say "Qt needs system libraries that could not be installed; run: sudo apt-get install $missing" >&2
  fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
say "Installing the pinned packages into $venv …"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  --constraint packaging/constraints.txt --editable '.[dev,onnx]'
touch "$venv/.ready"
say "Ready."
