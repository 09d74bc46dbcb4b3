#!/usr/bin/env bash
# Have a NAT give up its lanes, before it is stopped or replaced. No connection is lost where the NAT that takes over holds its flows.
# Usage: scripts/drain.sh <env>|lab --nat NAT [--force | --undo] [--dry-run [--json]] [--yes]
#   NAT       its name (use1-az1-a) or its instance ID
#   --force   also when it is the last healthy NAT of its zone: its lanes go to another zone (with replicateTo: zone, server push stops there)
#   --undo    take the drain back: the NAT may serve again
#   --dry-run print what would be done (as JSON with --json), and do nothing
#   --yes     do not ask before production changes
# Exit 0: no lane is served by it any more (or: would be); 1: refused, or not done in time; 2: could not ask.
# Seams: HA_NAT_ACCOUNT_ID_<ENV>, AWS_ENDPOINT_URL, HA_NAT_LAB_COMMAND, HA_NAT_LAB_ENV, HA_NAT_ANSWER_DEADLINE_SECONDS (90).
set -Eeuo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/lib/common.sh"
source "$HERE/lib/aws.sh"
source "$HERE/lib/operator.sh"

readonly USAGE="usage: drain.sh <env>|lab --nat NAT [--force | --undo] [--dry-run [--json]] [--yes]"

main() {
  local nat='' force=false undo=false id kind question fields
  while (($# > 0)); do
    case $1 in
      --nat) nat=${2:-} && shift ;;
      --force) force=true ;;
      --undo) undo=true ;;
      *) common_argument "$1" ;;
    esac
    (($# == 0)) || shift
  done
  enter_place
  [[ -n $nat ]] || die "no NAT; $USAGE"
  [[ $force == false || $undo == false ]] || die "--force and --undo exclude each other; $USAGE"
  open_fleet
  id=$(instance_of "$nat")
  if [[ $undo == true ]]; then
    kind=resume question="take back the drain of"
    fields=$(jq -cn --arg by "$OPERATOR" --arg id "$id" '{by: $by, instanceId: $id}')
  else
    kind=leave question=drain
    fields=$(jq -cn --arg by "$OPERATOR" --arg id "$id" --argjson force "$force" \
      '{reporter: $by, instanceId: $id, because: "drain", force: $force}')
  fi
  ask_plan "$(new_message "$kind" "$fields")"
  show_plan || return 1
  [[ $DRY == false ]] || return 0
  confirm "$question $nat ($id) in $ENV?"
  until_recorded "$kind" "$fields" || return 1
  if [[ $undo == true ]]; then
    say "$nat ($id) may serve again"
  else
    say "$nat ($id) serves no lane; it stays out until: drain.sh $ASKED --nat $nat --undo"
  fi
}

main "$@"
