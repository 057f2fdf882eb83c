#!/usr/bin/env bash
# install-sandbox.sh - bubblewrap, where apt and root (or sudo without a password) are there
#
# A step of the job that runs the target's code: a runner's machine is thrown away afterwards. Where
# it cannot be had, landlock is the sandbox.
set -Eeuo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tools/shell/logging.sh
. "$HERE/tools/shell/logging.sh"
# shellcheck source=tools/shell/sandbox.sh
. "$HERE/tools/shell/sandbox.sh"

install_bubblewrap
