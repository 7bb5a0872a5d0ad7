# Sourced by the scripts beside it: what they need of the machine, installed by apt-get where it is missing.

BUILD_PACKAGES="g++ cmake ninja-build nlohmann-json3-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev libzstd-dev libexpat1-dev sqlite3 python3"

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    fail "packages are missing, and this is neither root nor is there a sudo: $*"
  fi
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need PACKAGE...
need() {
  local package missing=()
  command -v apt-get >/dev/null || fail "this script installs with apt-get: run it on Debian 12 or Ubuntu 24.04"
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  printf 'installing: %s\n' "${missing[*]}"
  quietly as_root apt-get -o Acquire::Retries=3 update
  quietly as_root apt-get -y -o Acquire::Retries=3 install --no-install-recommends "${missing[@]}"
}

# quietly COMMAND...: shows what it said only if it fails, and then ends the script.
quietly() {
  local output
  output=$("$@" 2>&1) || fail "'$*' failed:"$'\n'"$output"
}
