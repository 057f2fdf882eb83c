#!/usr/bin/env bash
# step.sh - one verb of `improve` as one step of a GitHub Actions job
#
# Usage: tools/shell/step.sh VERB [arguments]
#
# The first line that the verb prints for machines (a run folder, an artifact) becomes the step's
# output 'result'; its messages reach the log with workflow commands switched off. Everything goes
# to one stream: the runner reads two of them in no certain order.
set -Eeuo pipefail

# Where it lies: also when it was called by a link, and whatever CDPATH says.
HERE=$(readlink -f -- "${BASH_SOURCE[0]}" 2>/dev/null || printf '%s\n' "${BASH_SOURCE[0]}")
HERE=$(CDPATH='' cd -- "$(dirname -- "$HERE")/../.." && pwd)
# shellcheck source=tools/shell/logging.sh
. "$HERE/tools/shell/logging.sh"
# shellcheck source=tools/shell/session.sh
. "$HERE/tools/shell/session.sh"

main() {
  local printed
  exec >&2
  stop_workflow_commands
  prepare_venv core
  case $1 in reproduce | fix) RUN=$2 prepare_agents ;; esac
  printed=$(IMPROVE_ANSWER=told improve "$@") # it tells the log, without secrets
  [[ -z ${GITHUB_OUTPUT:-} ]] || printf 'result=%s\n' "${printed%%$'\n'*}" >>"$GITHUB_OUTPUT"
}

main "$@"
