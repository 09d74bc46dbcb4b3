#!/usr/bin/env bash
# Freeze what moves by itself: no failover, no return home, no replacement, no mended address, until the hold ends. Emergencies too:
# the log and the metric HeldByOperator say what is not done, and the alarm HoldInForce rings when a hold has stood for an hour.
# What operators ask for (manual_failover.sh, drain.sh) is still done, and a NAT that ends (Spot, its Auto Scaling group, a shutdown)
# still hands its lanes over to another of their zone, when one is healthy.
# Usage: scripts/hold.sh <env>|lab [--minutes N] [--because WORDS] [--dry-run [--json]] [--yes]
#        scripts/hold.sh <env>|lab --resume [--dry-run [--json]] [--yes]
#   --minutes  1 to 1440; 30
#   --because  what people read who find nothing moving
#   --resume   end the hold
#   --dry-run  print what would be done (as JSON with --json), and do nothing
#   --yes      do not ask before production changes
# Exit 0: held (or: resumed, or would be); 1: not done in time; 2: could not ask.
# Seams: HA_NAT_ACCOUNT_ID_<ENV>, AWS_ENDPOINT_URL, HA_NAT_LAB_COMMAND, HA_NAT_LAB_ENV, HA_NAT_ANSWER_DEADLINE_SECONDS (90).
set -Eeuo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/lib/common.sh"
source "$HERE/lib/aws.sh"
source "$HERE/lib/operator.sh"

readonly USAGE="usage: hold.sh <env>|lab [--minutes N] [--because WORDS] | --resume [--dry-run [--json]] [--yes]"

main() {
  local minutes=30 because='an operator works on it' resume=false kind=hold fields until
  while (($# > 0)); do
    case $1 in
      --minutes) minutes=${2:-} && shift ;;
      --because) because=${2:-} && shift ;;
      --resume) resume=true ;;
      *) common_argument "$1" ;;
    esac
    (($# == 0)) || shift
  done
  enter_place
  [[ $minutes =~ ^[1-9][0-9]{0,3}$ && $minutes -le 1440 ]] ||
    die "--minutes must be a whole number from 1 to 1440, got '$minutes'; say how long you need, it can be held again"
  [[ -n $because && ${#because} -le 256 ]] || die "--because must have 1 to 256 characters, got ${#because}"
  open_fleet
  until=$(jq -nr --argjson minutes "$minutes" 'now + $minutes * 60 | todate')
  fields=$(jq -cn --arg by "$OPERATOR" --arg because "$because" --arg until "$until" '{by: $by, because: $because, until: $until}')
  if [[ $resume == true ]]; then
    kind=resume
    fields=$(jq -c '{by}' <<<"$fields")
  fi
  ask_plan "$(new_message "$kind" "$fields")"
  show_plan || return 1
  [[ $DRY == false ]] || return 0
  if [[ $resume == true ]]; then
    confirm "let lanes of $ENV move by themselves again?"
    until_recorded resume "$fields" || return 1
    say "$ENV is no longer held"
    return 0
  fi
  confirm "freeze all lanes of $ENV until $until, emergencies included?"
  until_recorded hold "$fields" || return 1
  say "$ENV is held until $until; end it with: hold.sh $ASKED --resume"
}

main "$@"
