#!/usr/bin/env bash
# analyze.sh - find the tests that fail now and then, over many runs of CI
#
# Usage: analyze-nd-failures/analyze.sh FOLDER | OWNER/NAME [options]
#
# It prepares .venv on first use, then calls `improve analyze`; --help tells the options.
set -Eeuo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tools/shell/logging.sh
. "$HERE/tools/shell/logging.sh"
# shellcheck source=tools/shell/session.sh
. "$HERE/tools/shell/session.sh"

prepare_venv core
improve analyze "$@"
