# shellcheck shell=bash
# The demos: bundled examples, each with one line that says what it shows.
#
# Some need a stand-in: a server that plays a service which a newcomer has no account for. It is
# tests/support/stand_in.py, run by the name in the second column, after the run has been opened;
# what is real beside it stands in the example's stand-in.txt. A stand-in may need a program: then
# there is a function needs_<stand-in> here.

# demo | stand-in | what it shows
DEMOS=(
  'timeout-in-datamovement|-|a test that fails every time: from its CI log to a proven fix'
  'performance-in-models|-|a slow-down that was taken for an intermittent failure'
  'speed|-|no test fails, but it became slower: timed beside the release that was faster, repaired'
  'flaky|-|a test that fails now and then: amplified, measured, fixed, and how sure that is'
  'github|github|from the address of a red run to a draft pull request; GitHub is played, no account needed'
  'agents|agents|escalation: the search, Claude refused, Claude wrong, another vendor right; the models are scripted'
)
STAND_IN_FOR='' # the demo whose stand-in this run needs
STAND_IN_PROCESS=''

list_demos() {
  local row name _ shows
  for row in "${DEMOS[@]}"; do
    IFS='|' read -r name _ shows <<<"$row"
    printf '  %-25s %s\n' "$name" "$shows"
  done
}

# demo_field NAME NUMBER - one column of a demo's row; fails for a name that is not there
demo_field() {
  local row
  local -a fields
  for row in "${DEMOS[@]}"; do
    IFS='|' read -r -a fields <<<"$row"
    [[ ${fields[0]} != "$1" ]] || { printf '%s\n' "${fields[$2]}" && return; }
  done
  return 1
}

# Before anything is done: what the demo cannot do without.
check_demo() {
  local stand_in
  [[ -n $1 ]] || return 0
  stand_in=$(demo_field "$1" 1)
  if declare -F "needs_$stand_in" >/dev/null; then "needs_$stand_in"; fi
}

needs_github() {
  local said cure="Install it (Debian: apt-get install gh; else https://cli.github.com), then start again. Without gh: ./run.sh --demo"
  if ! command -v gh >/dev/null; then
    error "This demo needs gh, GitHub's command line program, 2.23 or newer; it was not found." "$cure"
    exit 1
  fi
  # The user's own configuration of gh is not read, not even here.
  said=$(env -i PATH="$PATH" HOME=/nonexistent GH_CONFIG_DIR=/nonexistent GH_TELEMETRY=false gh --version 2>&1) || true
  if ! [[ $said =~ ^gh\ version\ ([0-9]+)\.([0-9]+) ]] || ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] < 2023)); then
    error "This demo needs gh 2.23 or newer; $(command -v gh) says: ${said%%$'\n'*}" "$cure"
    exit 1
  fi
}

# After the optional parts were installed. One that is missing is a skipped rung; without any of them
# there would be nothing to see.
need_an_agent() {
  local missing
  [[ $STAND_IN_FOR == agents ]] || return 0
  missing=$(ask extras "$RUN")
  if [[ $missing == *claude* && $missing == *openai* ]]; then
    error "Neither of the agents that this demo shows could be installed." \
      "They come from your package index, once: check the network, or pip's settings for a mirror. ./run.sh --demo needs none of them."
    return 1
  fi
}

# Says what a demo shows, and what is real in it.
introduce_demo() {
  local told=$HERE/examples/$1/stand-in.txt
  log "Demo $1: $(demo_field "$1" 2)"
  if [[ -f $told ]]; then
    sed 's/^/    /' "$told" >&2
  else
    printf '    All of it is real; the project and its CI log come with the toolkit (examples/%s).\n' "$1" >&2
  fi
}

# Starts the stand-in that the run needs, if any, and leads everything that comes after to it.
start_stand_in() {
  local from to name=$STAND_IN_FOR
  [[ -z $name$DEMO ]] || introduce_demo "${name:-$DEMO}"
  [[ -n $name ]] || return 0
  check_demo "$name"
  coproc STAND_IN { exec "$PYTHON_OF_TOOLKIT" -I "$HERE/tests/support/stand_in.py" \
    "$(demo_field "$name" 1)" "$HERE/examples/$name" "$HERE/outputs/examples/$name" 9>&-; }
  # bash forgets the descriptors of a coprocess that has ended: we keep our own.
  from=${STAND_IN[0]} to=${STAND_IN[1]}
  exec {STAND_IN_SAYS}<&"$from" {STAND_IN_HEARS}>&"$to" {from}<&- {to}>&-
  STAND_IN_PROCESS=$STAND_IN_PID
  if take_over_its_variables; then
    export IMPROVE_STAND_IN=$name
    return
  fi
  error "The stand-in of the demo '$name' did not start." \
    "Begin anew with ./run.sh --demo $name; if it is tests/support/ that is missing: git checkout -- tests/support"
  exit 1
}

# Untraced: keys are among what it says.
take_over_its_variables() {
  { local - line && set +x; } 2>/dev/null
  while read -r line <&"$STAND_IN_SAYS"; do
    [[ $line != ready ]] || return 0
    export "${line?}"
  done
  return 1
}

# It ends by itself when run.sh does, however run.sh ends; here it also tells what it holds.
finish_stand_in() {
  [[ -n $STAND_IN_PROCESS ]] && kill -0 "$STAND_IN_PROCESS" 2>/dev/null || return 0
  printf 'tell\n' >&"$STAND_IN_HEARS"
  exec {STAND_IN_HEARS}>&- {STAND_IN_SAYS}<&-
  wait "$STAND_IN_PROCESS" || true
}
