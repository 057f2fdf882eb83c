# shellcheck shell=bash
# GitHub Actions takes every line of a step's output that begins with '::' for a command to the
# runner (add-mask, error, set-output, ...), and logs of a failed run are full of foreign lines.
# Between '::stop-commands::<token>' and '::<token>::' the runner obeys none of them. The token is
# new each time and stays inside this shell: who cannot guess it cannot switch commands on again.

COMMANDS_TOKEN=''

# Both markers go to stderr, where everything that people read goes.
stop_workflow_commands() {
  [[ ${GITHUB_ACTIONS:-} == true && -z $COMMANDS_TOKEN ]] || return 0
  COMMANDS_TOKEN=improve-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$COMMANDS_TOKEN" >&2
  trap allow_workflow_commands EXIT
}

allow_workflow_commands() {
  [[ -n $COMMANDS_TOKEN ]] || return 0
  # A line of its own, also when what was printed last did not end its line.
  printf '\n::%s::\n' "$COMMANDS_TOKEN" >&2
  COMMANDS_TOKEN=''
}
