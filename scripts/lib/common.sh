# shellcheck shell=bash
# Words, clocks and refusals shared by the commands in scripts/. Source it after `set -Eeuo pipefail`.
# Data goes to stdout; everything written here goes to stderr.

HA_NAT_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
readonly HA_NAT_ROOT

# Debian keeps nft and conntrack in /usr/sbin, which an ordinary user's PATH leaves out.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  BOLD=$'\e[1m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' PLAIN=$'\e[0m'
else
  BOLD='' RED='' GREEN='' YELLOW='' PLAIN=''
fi
# shellcheck disable=SC2034 # read by the commands that source this file
readonly BOLD RED GREEN YELLOW PLAIN

# Seconds since the command started, one decimal: `12.3`.
elapsed() {
  local now=${EPOCHREALTIME/[.,]/} then=${STARTED_AT/[.,]/}
  local tenths=$(((now - then) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}
STARTED_AT=$EPOCHREALTIME

# say WORDS...: a progress line with the elapsed time.
say() { printf '%s[%6ss]%s %s\n' "$BOLD" "$(elapsed)" "$PLAIN" "$*" >&2; }
warn() { printf '%s[%6ss] %s%s\n' "$YELLOW" "$(elapsed)" "$*" "$PLAIN" >&2; }

# die WORDS...: what is wrong, the value, the limit, the fix. Exit 2: the command could not do its work.
die() {
  printf '%s%s: %s%s\n' "$RED" "${0##*/}" "$*" "$PLAIN" >&2
  exit 2
}

# known_environments: names of the environments, one a line: those with a state backend.
known_environments() {
  local file name
  for file in "$HA_NAT_ROOT"/backends/backend-*.hcl; do
    [[ -e $file ]] || continue
    name=${file##*/backend-}
    printf '%s\n' "${name%.hcl}"
  done
}

# require_environment NAME [MORE...]: refuses a name that is neither an environment nor one of MORE.
require_environment() {
  local name=$1 allowed
  shift
  allowed="$(known_environments | paste -sd' ')${*:+ $*}"
  case " $allowed " in
    *" $name "*) ;;
    *) die "unknown environment '$name'; allowed: ${allowed// /, }" ;;
  esac
}
