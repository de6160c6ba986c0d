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

# install_debian PACKAGE…: Debian packages that are missing; as root only, else it says what to install.
install_debian() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    fail "Missing: $*. Install with: sudo apt-get install $*"
  fi
  heading "Installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq </dev/null || fail "apt-get update failed, and these packages are missing: $*."
  apt-get install -y -qq --no-install-recommends "$@" </dev/null || fail "apt-get could not install $*."
}

# postgres_programs: the folder of PostgreSQL's server programs, the newest there is; nothing when there is none.
postgres_programs() {
  if command -v initdb >/dev/null && command -v postgres >/dev/null; then
    dirname "$(readlink -f "$(command -v initdb)")"
  else
    # Debian keeps them out of the path.
    { find /usr/lib/postgresql -path '*/bin/initdb' -printf '%h\n' 2>/dev/null || true; } | sort -V | tail -n 1
  fi
}
