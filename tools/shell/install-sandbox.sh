#!/usr/bin/env bash
# install-sandbox.sh - bubblewrap, where apt and root (or sudo without a password) are there
#
# A step of the job that runs the target's code: a runner's machine is thrown away afterwards. Where
# it cannot be had, landlock is the sandbox.
set -Eeuo pipefail

# Where it lies: also when it was called by a link, and whatever CDPATH says.
HERE=$(readlink -f -- "${BASH_SOURCE[0]}" 2>/dev/null || printf '%s\n' "${BASH_SOURCE[0]}")
HERE=$(CDPATH='' cd -- "$(dirname -- "$HERE")/../.." && pwd)
# shellcheck source=tools/shell/logging.sh
. "$HERE/tools/shell/logging.sh"
# shellcheck source=tools/shell/sandbox.sh
. "$HERE/tools/shell/sandbox.sh"

install_bubblewrap
