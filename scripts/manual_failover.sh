#!/usr/bin/env bash
# Move a lane to another NAT, now: cooldown and hold do not matter, the NAT must be healthy.
# Usage: scripts/manual_failover.sh <env>|lab --lane LANE --to NAT|auto [--dry-run [--json]] [--yes]
#   LANE      e.g. use1-az1-l1
#   NAT       its name (use1-az1-a) or its instance ID; auto: the best one that does not serve the lane now
#   --dry-run print what would be done (as JSON with --json), and do nothing
#   --yes     do not ask before production changes
# Connections survive when the NAT holds their flows (with replicateTo: zone, only one of the lane's own zone does); the plan says so.
# A lane that was moved to another zone returns by itself after a while (returnAfterSeconds); hold.sh keeps it there.
# Exit 0: the lane is served by it (or: would be); 1: refused, or not done in time; 2: could not ask.
# Seams: HA_NAT_ACCOUNT_ID_<ENV>, AWS_ENDPOINT_URL, HA_NAT_LAB_COMMAND, HA_NAT_LAB_ENV, HA_NAT_ANSWER_DEADLINE_SECONDS (90).
set -Eeuo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/lib/common.sh"
source "$HERE/lib/aws.sh"
source "$HERE/lib/operator.sh"

readonly USAGE="usage: manual_failover.sh <env>|lab --lane LANE --to NAT|auto [--dry-run [--json]] [--yes]"

main() {
  local lane='' to='' target
  while (($# > 0)); do
    case $1 in
      --lane) lane=${2:-} && shift ;;
      --to) to=${2:-} && shift ;;
      *) common_argument "$1" ;;
    esac
    (($# == 0)) || shift
  done
  enter_place
  [[ -n $lane ]] || die "no lane; $USAGE"
  [[ -n $to ]] || die "no NAT to move it to; $USAGE"
  open_fleet
  require_lane "$lane"
  [[ $to == auto ]] || to=$(instance_of "$to")
  ask_plan "$(new_message move "$(move_fields "$lane" "$to")")"
  show_plan || return 1
  [[ $DRY == false ]] || return 0
  target=$(jq -r --arg lane "$lane" 'first(.actions[] | select(.kind == "point-route" and .lane == $lane) | .instanceId) // empty' "$WORK/plan.json")
  if [[ -z $target || ($to != auto && $target != "$to") ]]; then
    say "$lane is already served by $to; nothing to move"
    return 0
  fi
  confirm "move $lane of $ENV to $target?"
  # What was shown is what is asked for: said again, "auto" would move it back.
  until_recorded move "$(move_fields "$lane" "$target")" || return 1
  say "$lane is served by $target"
}

# move_fields LANE INSTANCE|auto
move_fields() {
  jq -cn --arg by "$OPERATOR" --arg lane "$1" --arg to "$2" '{by: $by, lane: $lane, to: $to}'
}

main "$@"
