#!/usr/bin/env bash
# Opens a new flow in a real YAML server for editors: completion, explanations, marks.
# CAUCE_BIN: path of the binary (default: target/debug/cauce, already built).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export CAUCE_BIN="${CAUCE_BIN:-$PWD/../../target/debug/cauce}"

if [ ! -x "$CAUCE_BIN" ]; then
  echo "There is no program at $CAUCE_BIN. Build it with: cargo build -p cauce-designer-api" >&2
  exit 1
fi

# The packages, when the lock file is not the one that was installed last.
stamp=node_modules/.lock-installed
wanted="$(sha256sum <package-lock.json)"
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  npm ci --no-fund --no-audit </dev/null
  printf '%s\n' "$wanted" >"$stamp"
fi
exec npm run --silent test </dev/null
