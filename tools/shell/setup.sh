# shellcheck shell=bash
# The toolkit's own virtual environment: made on first use, made anew when the lock changes, and
# never touched otherwise, so that everything after the first run works without a network.
# Used by run.sh and tests/run; sets PYTHON_OF_TOOLKIT.

# prepare_venv LOCK - the environment for one lock file of requirements/
prepare_venv() {
  local lock=$HERE/requirements/$1.lock venv=$HERE/.venv want
  PYTHON_OF_TOOLKIT=$venv/bin/python
  want=$(sha256_of "$lock" "$HERE/pyproject.toml")
  ! venv_is_ready "$1 $want" || return 0
  one_at_a_time make_venv "$1" "$venv" "$lock" "$want"
}

venv_is_ready() { [[ -x $PYTHON_OF_TOOLKIT ]] && grep -qsxF "$1" "$HERE/.venv/ready" && has_packages; }

# Looks again: somebody else may have made it while we waited.
make_venv() { venv_is_ready "$1 $4" || build_venv "$@"; }

# one_at_a_time COMMAND... - a change of .venv: a second run would take what a first one is making for
# broken, and remove it. What the command starts does not get descriptor 8, or it could hold the lock
# for longer than we live. macOS has no flock: there it is on the user not to begin two first runs.
one_at_a_time() {
  if ! command -v flock >/dev/null || ! { exec 8>>"$HERE/.venv.lock"; } 2>/dev/null; then
    "$@"
    return
  fi
  flock -n 8 || {
    log "Another run is preparing .venv; waiting for it"
    flock 8
  }
  "$@" 8>&-
  exec 8>&-
}

declare -A DOWNLOAD=([claude]=', about 170 MB: it brings the claude program')

# prepare_extras NAME... - optional parts, each with a lock of its own whose versions are the core's.
# One that cannot be installed costs its agent's rung, not the run.
prepare_extras() {
  local name lock output=$HERE/.venv/install-extra.log
  for name in "$@"; do
    lock=$HERE/requirements/$name.lock
    log "Installing what the agent $name needs (once; $(grep -c '==' "$lock") packages${DOWNLOAD[$name]:-})"
    "$PYTHON_OF_TOOLKIT" -m pip install --disable-pip-version-check --no-input --require-hashes \
      --retries 1 --timeout 30 -r "$lock" >"$output" 2>&1 || {
      tail -n 3 "$output" >&2
      log "It could not be installed, so the agent $name is skipped; the whole output is in .venv/install-extra.log."
    }
  done
}

# A newer system Python takes the old one's place under the environment, but not its packages.
has_packages() { "$PYTHON_OF_TOOLKIT" -I -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("pydantic"))'; }

sha256_of() {
  local python
  python=$(find_python) || return 1
  cat "$@" | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}

find_python() {
  local one
  for one in "${IMPROVE_TOOLKIT_PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.10; do
    if [[ -n $one ]] && command -v "$one" >/dev/null 2>&1 &&
      "$one" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$one"
      return
    fi
  done
  error "Python 3.10 or newer was not found." "Install it (Debian: apt-get install python3 python3-venv), or set IMPROVE_TOOLKIT_PYTHON."
  return 1
}

build_venv() {
  local which=$1 venv=$2 lock=$3 want=$4 python output
  python=$(find_python)
  log "Preparing the toolkit's own environment in .venv (once; $(grep -c '==' "$lock") packages)"
  if [[ ! -x $venv/bin/python ]] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
      error "The virtual environment could not be made." "On Debian: apt-get install python3-venv. Then start again."
      return 1
    }
  fi
  rm -f "$venv/ready"
  output=$venv/install.log
  if ! "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes \
    -r "$lock" >"$output" 2>&1 ||
    ! "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps \
      --no-build-isolation --editable "$HERE" >>"$output" 2>&1; then
    tail -n 15 "$output" >&2
    error "The toolkit's packages could not be installed; the whole output is in .venv/install.log." \
      "The first run needs a package index (check the network, or pip's settings for a mirror). Then start again."
    return 1
  fi
  # The developers' lock holds everything that the core's does, at the same versions.
  [[ $which == core ]] || printf 'core %s\n' "$(sha256_of "$HERE/requirements/core.lock" "$HERE/pyproject.toml")" >"$venv/ready"
  printf '%s %s\n' "$which" "$want" >>"$venv/ready"
  log "Ready."
}
