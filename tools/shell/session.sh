# shellcheck shell=bash
# One session of one run: the environment, the lock, the phases in order, and a report whatever happens.

# shellcheck source=tools/shell/setup.sh
. "$HERE/tools/shell/setup.sh"

RUN=''
PHASE=''

improve() { "$PYTHON_OF_TOOLKIT" -m improve "$@"; }

prepare_toolkit() {
  [[ $ACTION == help ]] || prepare_venv core
}

run_open() {
  RUN=$(improve validate "${REQUEST_OPTIONS[@]}")
  take_lock --discard
}

resume_open() {
  RUN=$(improve resume "${RESUME_OPTIONS[@]}")
  take_lock
}

# The lock lives as long as descriptor 9, which ends with this process however it ends.
take_lock() {
  exec 9>>"$RUN/lock"
  improve lock --fd 9 "$@" "$RUN"
}

run_flow() {
  trap 'on_error $?' ERR
  trap 'on_signal INT' INT
  trap 'on_signal TERM' TERM
  log "Run ${RUN##*/}"
  for PHASE in "$@"; do
    improve "$PHASE" "$RUN" >/dev/null
  done
  log "Report: $(report_path)"
}

dry_run() {
  improve validate --check "${REQUEST_OPTIONS[@]}"
  log "Would run these phases, in this order: $*"
}

report_path() { printf '%s\n' "${RUN%/}.md"; }

# A phase failed: say where, and leave the report of how far it came.
on_error() {
  trap - ERR
  error "$PHASE failed (exit $1). What was done until then is kept in ${RUN##*/}."
  if [[ $PHASE != report ]] && improve report "$RUN" >/dev/null; then
    log "Report: $(report_path)"
  fi
  log "Go on with: ./run.sh --resume ${RUN##*/}"
  exit "$1"
}

on_signal() {
  trap - ERR INT TERM
  error "Interrupted in $PHASE. Nothing is lost." "Go on with: ./run.sh --resume ${RUN##*/}"
  exit 130
}
