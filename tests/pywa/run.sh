#!/bin/sh
# Runs the independent-client test against an emulator that is already built.
# EMULATOR_BIN: path of the binary (default: target/debug/cauce-emulator).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv="$root/tests/.venv"
EMULATOR_BIN=${EMULATOR_BIN:-$root/target/debug/cauce-emulator}
export EMULATOR_BIN

if [ ! -x "$EMULATOR_BIN" ]; then
    echo "There is no emulator at $EMULATOR_BIN. Build it with: cargo build -p cauce-emulator" >&2
    exit 1
fi
if [ ! -x "$venv/bin/pip" ]; then
    python3 -m venv "$venv" || {
        echo "Python 3 with its venv module is missing (Debian: apt-get install python3-venv)." >&2
        exit 1
    }
fi
# With every pinned version in place this asks nothing of the network.
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
exec "$venv/bin/python" "$here/test_pywa.py"
