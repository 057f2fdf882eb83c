# shellcheck shell=bash
# Command-line options of run.sh. The help text is run.sh's own header, so the two cannot differ.

ACTION=run
DEMO='' # the demo that was asked for
REQUEST_OPTIONS=()
RESUME_RUN=() # at most one name
RESUME_FROM=()

show_help() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$HERE/run.sh"
  printf '\nDemos:\n%s\n' "$(list_demos)"
}

usage_error() {
  error "$1" "./run.sh --help shows what there is."
  exit 2
}

# Refuses an option without the value that it needs. Not called in $(...): that would end a
# subshell only.
need_value() { [[ -n ${2:-} && ${2:-} != --* ]] || usage_error "$1 needs a value."; }

set_action() {
  [[ $ACTION == run || $ACTION == "$1" ]] || usage_error "--$1 and --$ACTION do not go together."
  ACTION=$1
}

parse_options() {
  local from='' named=''
  while (($#)); do
    case $1 in
      -h | --help) ACTION=help && return ;;
      --doctor | --validate | --dry-run) set_action "${1#--}" ;;
      --demo)
        DEMO=timeout-in-datamovement
        if [[ -n ${2:-} && $2 != -* ]]; then DEMO=$2 && shift; fi
        demo_field "$DEMO" 0 >/dev/null || usage_error "There is no demo '$DEMO'. There are:"$'\n'"$(list_demos)"
        ;;
      --request | --repo) need_value "$@" && REQUEST_OPTIONS+=("$1" "$2") && named=$1 && shift ;;
      --resume)
        set_action resume
        if [[ -n ${2:-} && $2 != -* ]]; then RESUME_RUN+=("$2") && shift; fi
        ;;
      --from) need_value "$@" && from=$2 && shift ;;
      *) usage_error "There is no option '$1'." ;;
    esac
    shift
  done
  if [[ -n $from ]]; then
    [[ $ACTION == resume ]] || usage_error "--from goes with --resume."
    RESUME_FROM+=(--from "$from")
  fi
  if [[ -n $DEMO ]]; then
    [[ -z $named ]] || usage_error "--demo brings its own request and repository; $named does not go with it."
    [[ $ACTION != resume ]] || usage_error "--demo begins a run; --resume goes on with one, whatever began it."
    REQUEST_OPTIONS+=(--request "$HERE/examples/$DEMO/info.json")
  elif [[ " ${REQUEST_OPTIONS[*]} " != *" --request "* ]]; then
    REQUEST_OPTIONS+=(--request "$HERE/info.json")
  fi
}
