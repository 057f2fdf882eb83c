#!/usr/bin/env bash
# run.sh - turn a red CI run into a draft pull request with a proven fix, and a report
#
# Usage: ./run.sh [options]
#
#   (no option)         run the request in info.json; as shipped, that is the bundled example
#   --demo [NAME]       a whole journey on a bundled example (the list of demos is below)
#   --validate          check info.json, the tools and the layout; change nothing
#   --dry-run           say which phases would run, on what; change nothing
#   --request FILE      another request than info.json
#   --repo PATH         the target repository (default: the one that holds info.json)
#   --resume [RUN]      go on with a run (default: the newest); what is finished stays
#   --from PHASE        with --resume: do this phase and those after it again
#   --doctor            say what is here, what is missing, and what that costs
#   -h, --help          this text
#
# Environment: DEBUG=1 traces every step with file and line; NO_COLOR=1 switches colours off.
# Exit codes:  0 done (an honest "could not" included)  1 failed  2 invalid request or usage
#              3 a bug of ours  4 not signed in  5 out of budget  130 interrupted
#
# Examples:
#   ./run.sh --demo
#   ./run.sh --demo github
#   ./run.sh --request requests/gather.json --repo ../service
#   ./run.sh --resume --from fix
set -Eeuo pipefail

# Where it lies: also when it was called by a link, and whatever CDPATH says.
HERE=$(readlink -f -- "${BASH_SOURCE[0]}" 2>/dev/null || printf '%s\n' "${BASH_SOURCE[0]}")
HERE=$(CDPATH='' cd -- "$(dirname -- "$HERE")" && pwd)
# shellcheck source=tools/shell/logging.sh
. "$HERE/tools/shell/logging.sh"
# shellcheck source=tools/shell/options.sh
. "$HERE/tools/shell/options.sh"
# shellcheck source=tools/shell/session.sh
. "$HERE/tools/shell/session.sh"

# ---- the flows: each phase is a verb of `improve` and leaves one JSON artifact ---------------
FLOW_fix=(
  fetch-logs # the log, byte for byte, and the evidence in it
  reproduce  # a minimal test that fails for the same reason, on branch repro/<name>
  fix        # agents work until the failure is proven gone
  publish    # one clean commit on fix/<name>, a draft pull request
  report     # outputs/<time>_<name>.md
)

main() {
  parse_options "$@"
  prepare_toolkit
  case $ACTION in
    help) show_help ;;
    doctor) improve doctor ;;
    validate) improve validate --check "${REQUEST_OPTIONS[@]}" ;;
    dry-run) dry_run "${FLOW_fix[@]}" ;;
    run | resume)
      "${ACTION}_open"
      run_flow "${FLOW_fix[@]}"
      ;;
  esac
}

main "$@"
