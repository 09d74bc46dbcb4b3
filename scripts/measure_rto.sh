#!/usr/bin/env bash
# What a moved lane costs, measured with real connections from an instance behind it, and which of the assumptions about AWS held.
# Moves lanes. Usage: scripts/measure_rto.sh <env>|lab [--case handover|push|zone|blackhole]... [-n N] [--lane L]
#     [--probe i-...] [--peer HOST:PORT] [--json] [--yes]
#   --case    handover, push, zone: a lane to another NAT and back; blackhole: the NAT that serves is terminated. Default: the first three
#   -n        how often each case is done (1)
#   --lane    the lane that moves (the probe's)
#   --probe   the instance that measures: in a private subnet of the lane, reached by Systems Manager, with python3. Default: the one
#             with the tag ha-nat:role = rto-probe
#   --peer    where scripts/lib/rto/server.py listens on the internet. Without it established connections are not measured
#   --yes     do not ask before production changes; blackhole on prod is refused without it
# Exit 0: nothing that could be tested failed; 1: an assumption did not hold, or a move failed; 2: could not measure.
# Seams: HA_NAT_ACCOUNT_ID_<ENV>, AWS_ENDPOINT_URL, HA_NAT_LAB_COMMAND, HA_NAT_LAB_ENV. How to prepare: docs/measuring.md
set -Eeuo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/lib/common.sh"
source "$HERE/lib/aws.sh"
source "$HERE/lib/operator.sh"
source "$HERE/lib/rto/observe.sh"
source "$HERE/lib/rto/moves.sh"

readonly USAGE="usage: measure_rto.sh <env>|lab [--case handover|push|zone|blackhole]... [-n N] [--lane L] [--probe i-...] [--peer HOST:PORT] [--json] [--yes]"
readonly MOST_TIMES=100 LAB_PEER_ADDRESS=203.0.113.80 LAB_PEER_PORT=7007
CASES=() TIMES=1 LANE='' PROBE='' PEER='' PEER_PID=''

parse() {
  local option
  while (($# > 0)); do
    option=$1
    case $option in
      --case | -n | --lane | --probe | --peer)
        (($# > 1)) || die "$option needs a value; $USAGE"
        take "$option" "$2"
        shift
        ;;
      --dry-run) die "measuring moves lanes; what a move would do is shown by manual_failover.sh --dry-run" ;;
      *) common_argument "$option" ;;
    esac
    shift
  done
  ((${#CASES[@]} > 0)) || CASES=(handover push zone)
}

take() {
  case $1 in
    --case)
      [[ $2 =~ ^(handover|push|zone|blackhole)$ ]] || die "unknown case '$2'; allowed: handover, push, zone, blackhole"
      CASES+=("$2")
      ;;
    -n)
      [[ $2 =~ ^[1-9][0-9]{0,2}$ && $2 -le $MOST_TIMES ]] || die "-n is '$2'; allowed: 1 to $MOST_TIMES"
      TIMES=$2
      ;;
    --lane) LANE=$2 ;;
    --probe)
      [[ $2 =~ ^i-[0-9a-f]+$ ]] || die "--probe is '$2'; it must be the ID of an instance, i-..."
      PROBE=$2
      ;;
    --peer)
      [[ $2 =~ ^[A-Za-z0-9.-]+:[0-9]+$ ]] || die "--peer is '$2'; it must be HOST:PORT of a running scripts/lib/rto/server.py"
      PEER=$2
      ;;
  esac
}

# start_lab_peer: the peer is a machine of the operator's on the internet. The lab's own is the node `internet`, where the server is started as a
# person would; it ends with this command.
start_lab_peer() {
  local command deadline=$((SECONDS + 20))
  # shellcheck disable=SC2206 # a command line in one variable
  command=(${HA_NAT_LAB_COMMAND:-npm run --silent --prefix "$HA_NAT_ROOT" lab --})
  setsid "${command[@]}" exec --env "$ENV" internet -- python3 "$RTO_LIB/server.py" "$LAB_PEER_PORT" "$LAB_PEER_ADDRESS" \
    >"$WORK/peer.out" 2>"$WORK/peer.err" </dev/null &
  PEER_PID=$!
  until grep -q '^listening' "$WORK/peer.out"; do
    kill -0 "$PEER_PID" 2>/dev/null || die "the lab's peer did not start: $(tail -n 3 "$WORK/peer.err")"
    ((SECONDS < deadline)) || die "the lab's peer did not listen within 20 s: $(tail -n 3 "$WORK/peer.err")"
  done
  PEER=$LAB_PEER_ADDRESS:$LAB_PEER_PORT
}

# find_probe: sets PROBE and LANE; each may be given, the other follows from the probe's subnet.
find_probe() {
  local filter found
  filter="Name=instance-state-name,Values=running Name=vpc-id,Values=$(document topology | jq -r .vpcId)"
  if [[ -n $PROBE ]]; then filter+=" Name=instance-id,Values=$PROBE"; else filter+=" Name=tag:ha-nat:role,Values=rto-probe"; fi
  in_parallel "$WORK" "probes ec2 describe-instances --filters $filter"
  found=$(jq -r --arg lane "$LANE" --slurpfile routes "$WORK/routes.json" --slurpfile before "$WORK/before.json" '
    [.Reservations[].Instances[] | . as $instance
     | {instance: .InstanceId, lane: (first($routes[0].RouteTables[] | select(any(.Associations[]; .SubnetId == $instance.SubnetId)) | .RouteTableId) as $table
         | first($before[0].lanes[] | select(.routeTableId == $table) | .lane))}
     | select($lane == "" or .lane == $lane)] | sort_by(.lane) | first // empty | "\(.instance) \(.lane)"' "$WORK/probes.json")
  [[ -n $found ]] ||
    die "no probe: ${PROBE:-no instance with the tag ha-nat:role = rto-probe} runs in a private subnet of ${LANE:-any lane}; lanes: $(document topology | jq -r '[.lanes[].lane] | join(", ")'); docs/measuring.md says how to make one"
  PROBE=${found% *} LANE=${found#* }
}

# A move may cost connections, a termination does. What was seen while a person thought is looked at again.
confirm_cases() {
  local answer=''
  confirm "move $LANE of $ENV (${CASES[*]}, $TIMES times each)?"
  if [[ $PLACE == aws && $YES == false && " ${CASES[*]} " == *" blackhole "* ]]; then
    printf 'terminate the NAT that serves %s of %s, %s times? [y/N] ' "$LANE" "$ENV" "$TIMES" >&2
    read -r answer || :
    [[ $answer == [yY] || $answer == yes ]] || die "not confirmed, nothing was done; --yes answers the question beforehand"
  fi
  [[ $PLACE == lab || $YES == true ]] || snapshot before
}

# Also when it stops early: what was measured until then took its time, and moved lanes.
clean_up() {
  if [[ -s $WORK/runs.jsonl && ! -e $WORK/report.json ]]; then
    warn "stopped before the end; this was measured until then"
    report || true
  fi
  [[ -z $PEER_PID ]] || kill -- "-$PEER_PID" 2>/dev/null || true
  rm -rf "$WORK"
}

report() {
  jq -n --arg env "$ENV" --arg place "$PLACE" --arg region "$AWS_REGION" --arg account "$(jq -r .Account "$WORK/identity.json")" \
    --arg at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --arg lane "$LANE" --arg probe "$PROBE" --arg peer "$PEER" \
    --slurpfile runs "$WORK/runs.jsonl" --from-file "$RTO_LIB/evaluate.jq" >"$WORK/report.json" ||
    die "the observations cannot be read; the line above says what is missing in them"
  if [[ $AS_JSON == true ]]; then cat "$WORK/report.json"; else jq -r --from-file "$RTO_LIB/table.jq" "$WORK/report.json"; fi
}

main() {
  local case time
  parse "$@"
  enter_place
  trap clean_up EXIT
  [[ $PLACE == lab || $ENV != prod || $YES == true || " ${CASES[*]} " != *" blackhole "* ]] ||
    die "blackhole terminates NATs of prod that serve; say --yes if that is meant"
  open_fleet
  [[ -z $LANE ]] || require_lane "$LANE"
  snapshot before
  find_probe
  confirm_cases
  [[ $PLACE == aws || -n $PEER ]] || start_lab_peer
  for case in "${CASES[@]}"; do
    for ((time = 1; time <= TIMES; time++)); do
      say "$case of $LANE, $time of $TIMES"
      "measure_$case"
    done
  done
  report
  jq -e .ok "$WORK/report.json" >/dev/null
}

main "$@"
