# shellcheck shell=bash
# Debian's packages that this project's tests use, and the runners of its workflow (bubblewrap alone),
# installed where that takes no question to anybody. run.sh never installs any; `improve doctor` says
# how to get them. Needs HERE, and log from logging.sh.

install_bubblewrap() { install_package bwrap bubblewrap 'landlock is used, and tests that need it are skipped'; }

# install_package COMMAND PACKAGE WITHOUT - quietly, and at most once a day where it cannot be had
# (no network, another distribution); WITHOUT says what that means.
install_package() {
  local tried=$HERE/.venv/no-$2 root=()
  ! command -v "$1" >/dev/null || return 0
  [[ -z $(find "$tried" -mmin -1440 2>/dev/null) ]] || return 0
  command -v apt-get >/dev/null || return 0
  if ((EUID)); then
    sudo -n true 2>/dev/null || return 0
    root=(sudo -n)
  fi
  log "Installing $2"
  if ! apt_install "$2" "${root[@]}" && ! { apt_update "${root[@]}" && apt_install "$2" "${root[@]}"; }; then
    [[ ! -d $HERE/.venv ]] || : >"$tried"
    log "It could not be installed: $3."
  fi
}

apt_install() { timeout 120 "${@:2}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" </dev/null >/dev/null 2>&1; }
apt_update() { timeout 60 "$@" apt-get update -qq </dev/null >/dev/null 2>&1; }
