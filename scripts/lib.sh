# Shared by the scripts here; sourced, not run. Every script works from the root of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The real program, not a wrapper: the browser tests start this one (tests/browser/browser.ts).
CHROMIUM="${CHROMIUM:-/usr/bin/chromium}"

# heading TEXT: announces what comes next.
heading() {
  if [ -t 1 ]; then printf '\n\033[1m==> %s\033[0m\n' "$1"; else printf '\n==> %s\n' "$1"; fi
}

# fail TEXT: one sentence, then the end.
fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# at_least HAVE WANT: whether version HAVE is WANT or newer.
at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}
