# shellcheck shell=bash
# Messages for people: on stderr, coloured on a terminal only. DEBUG=1 traces with file and line.

# 4.4 is of 2016, but macOS still ships 3.2: there, empty arrays are unbound variables.
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  printf '!!! bash 4.4 or newer is needed; this is %s.\n    macOS: brew install bash, then start again.\n' "$BASH_VERSION" >&2
  exit 1
fi

# A descriptor that was closed (`2>&-`) goes to the next file that is opened, the first of which is the
# script itself: what is said would be written into other things, or fail.
[[ -e /dev/fd/0 && ! /dev/fd/0 -ef $0 ]] || exec </dev/null
[[ -e /dev/fd/1 && ! /dev/fd/1 -ef $0 ]] || exec >/dev/null
[[ -e /dev/fd/2 && ! /dev/fd/2 -ef $0 ]] || exec 2>/dev/null

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' OFF=$'\e[0m'
else
  BOLD='' GREEN='' RED='' OFF=''
fi

log() { printf '%s>>>%s %s\n' "$GREEN$BOLD" "$OFF" "$*" >&2; }
error() { printf '%s!!! %s%s\n' "$RED" "$1" "$OFF" >&2 && [[ -z ${2:-} ]] || printf '    %s\n' "$2" >&2; }

if [[ -n ${DEBUG:-} ]]; then
  PS4='+ ${BASH_SOURCE##*/}:${LINENO}: '
  set -x
fi
