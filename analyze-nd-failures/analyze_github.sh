#!/usr/bin/env bash
# analyze_github.sh - the same for the repository that we stand in, whose origin is at GitHub
#
# Usage: analyze-nd-failures/analyze_github.sh [options of improve analyze]
#
# Example: cd ../service && ../codebase-improvements/analyze-nd-failures/analyze_github.sh --workflow ci.yml --runs 500
set -Eeuo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
origin=$(git config --get remote.origin.url) || {
  printf '!!! This folder is no clone with an origin.\n    Go into one, or name the repository: analyze.sh OWNER/NAME\n' >&2
  exit 2
}
exec "$HERE/analyze.sh" "$origin" "$@"
