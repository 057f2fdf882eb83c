# shellcheck shell=bash
# One session of one run: the environment, the lock, the phases in order, and a report whatever happens.

# shellcheck source=tools/shell/setup.sh
. "$HERE/tools/shell/setup.sh"
# shellcheck source=tools/shell/actions.sh
. "$HERE/tools/shell/actions.sh"
# shellcheck source=tools/shell/demos.sh
. "$HERE/tools/shell/demos.sh"

RUN=''
SHOWN=''  # the same for people
HIDDEN='' # they differ: a secret stands in the run's path
PHASE=''
PHASE_PROCESS=''
DIE_WITH_US=()
if setpriv --pdeathsig KILL -- true 2>/dev/null; then DIE_WITH_US=(setpriv --pdeathsig KILL --); fi

# Isolated (-I): neither the folder we stand in nor PYTHONPATH may put a module before ours. The
# toolkit's own code is named outright, so a moved or copied toolkit runs itself. On Linux a phase
# dies with run.sh, so that the lock is free when run.sh was killed alone.
IMPROVE='import sys; sys.path.insert(0, sys.argv.pop(1)); from improve.cli import main; main()'
improve() { "${DIE_WITH_US[@]}" "$PYTHON_OF_TOOLKIT" -I -c "$IMPROVE" "$HERE/tools" "$@"; }

# The same where its stdout is read: paths come as they are, also with a secret in them.
ask() { IMPROVE_ANSWER=bare improve "$@"; }

# The same in the background, with our input: bash answers a signal while it waits for a process, but
# only after a command that it runs, and `fix` may run for many minutes.
run_phase() {
  "${DIE_WITH_US[@]}" "$PYTHON_OF_TOOLKIT" -I -c "$IMPROVE" "$HERE/tools" "$@" >/dev/null <&0 &
  PHASE_PROCESS=$!
  wait "$PHASE_PROCESS"
  PHASE_PROCESS=''
}

prepare_toolkit() {
  stop_workflow_commands
  [[ $ACTION != help ]] || return 0
  check_demo "${DEMO:-}"
  prepare_venv core
}

run_open() {
  name_run validate "${REQUEST_OPTIONS[@]}"
  end_trace
  take_lock --discard
  start_stand_in
}

resume_open() {
  name_run resume --choose "${RESUME_FROM[@]}" "${RESUME_RUN[@]}"
  end_trace
  take_lock # before anything is set aside: the run may be going on elsewhere
  start_stand_in
  improve resume "${RESUME_FROM[@]}" "${RUN##*/}" >/dev/null
}

# name_run VERB... - what opens a run prints its folder and, each on a line, `shown <path>` where a
# secret stands in that, and `stand-in <demo>` where it needs one. Untraced: see end_trace.
name_run() {
  local said line
  { local - && set +x; } 2>/dev/null
  said=$(ask "$@")
  RUN=${said%%$'\n'*}
  SHOWN=$RUN
  while read -r line; do
    case $line in
      'shown '*) SHOWN=${line#shown } HIDDEN=yes ;;
      'stand-in '*) STAND_IN_FOR=${line#stand-in } ;;
    esac
  done <<<"$said"
}

# Every later line of a trace would show the run's path.
end_trace() {
  [[ -n $HIDDEN ]] || return 0
  { set +x; } 2>/dev/null
  [[ -z ${DEBUG:-} ]] || log "The trace ends here: a secret stands in the run's path."
}

# Agents with a key may need packages that the core does not; nobody else pays for them. No key is
# expanded here: DEBUG=1 would print it.
prepare_agents() {
  local missing
  [[ -n ${ANTHROPIC_API_KEY:+x}${OPENAI_API_KEY:+x} ]] || return 0
  missing=$(ask extras "$RUN")
  [[ -n $missing ]] || return 0
  # shellcheck disable=SC2086 # one word a line
  one_at_a_time prepare_extras $missing
  improve extras --installed "$RUN"
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
  log "Run ${SHOWN##*/}"
  prepare_agents
  need_an_agent
  for PHASE in "$@"; do
    run_phase "$PHASE" "$RUN"
  done
  log "Report: $(report_path)"
  finish_stand_in
}

dry_run() {
  improve validate --check "${REQUEST_OPTIONS[@]}"
  [[ -z $DEMO || $(demo_field "$DEMO" 1) == - ]] ||
    log "Would start the stand-in of the demo $DEMO (examples/$DEMO/stand-in.txt says what is real)"
  log "Would run these phases, in this order: $*"
}

# For people, who are not shown a secret: the newest run is then resumed without its name.
report_path() { printf '%s\n' "${SHOWN%/}.md"; }
go_on() {
  local name=" ${RUN##*/}"
  [[ -z $HIDDEN ]] || name=''
  printf 'Go on with: ./run.sh --resume%s\n' "$name"
}

# A phase failed: say where, and leave the report of how far it came.
on_error() {
  trap - ERR
  if [[ $PHASE == report && $1 == 5 ]]; then # the report is written; it tells of the budget
    log "Report: $(report_path)"
  else
    error "${PHASE:-The preparation} failed (exit $1). What was done until then is kept in ${SHOWN##*/}."
    if [[ $PHASE != report ]]; then
      improve report "$RUN" >/dev/null || true
      [[ ! -f ${RUN%/}.md ]] || log "Report: $(report_path)"
    fi
  fi
  log "$(go_on)"
  exit "$1"
}

on_signal() {
  trap - ERR INT TERM
  if [[ -n $PHASE_PROCESS ]] && kill -TERM "$PHASE_PROCESS" 2>/dev/null; then
    wait "$PHASE_PROCESS" || true # it puts its things away first
  fi
  error "Interrupted in ${PHASE:-the preparation}. Nothing is lost." "$(go_on)"
  improve report "$RUN" >/dev/null || true
  [[ ! -f ${RUN%/}.md ]] || log "Report: $(report_path)"
  exit 130
}
