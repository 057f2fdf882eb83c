# shellcheck shell=bash
# bubblewrap, installed for this project's tests and on the runners of its workflow, where that takes no
# question to anybody. run.sh never installs it; `improve doctor` says how to get it.
# Needs HERE, and log from logging.sh.

# Quietly, and at most once a day where it cannot be had (no network, another distribution).
install_bubblewrap() {
  local tried=$HERE/.venv/no-bubblewrap root=()
  ! command -v bwrap >/dev/null || return 0
  [[ -z $(find "$tried" -mmin -1440 2>/dev/null) ]] || return 0
  command -v apt-get >/dev/null || return 0
  if ((EUID)); then
    sudo -n true 2>/dev/null || return 0
    root=(sudo -n)
  fi
  log 'Installing bubblewrap, for the sandbox'
  if ! apt_install "${root[@]}" && ! { apt_update "${root[@]}" && apt_install "${root[@]}"; }; then
    [[ ! -d $HERE/.venv ]] || : >"$tried"
    log 'It could not be installed: landlock is used, and tests that need it are skipped.'
  fi
}

apt_install() { timeout 120 "$@" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends bubblewrap </dev/null >/dev/null 2>&1; }
apt_update() { timeout 60 "$@" apt-get update -qq </dev/null >/dev/null 2>&1; }
