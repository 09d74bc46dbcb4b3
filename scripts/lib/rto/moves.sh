# shellcheck shell=bash
# The cases of measure_rto.sh. Each move is one document in WORK/runs.jsonl: measured, failed (with the reason) or skipped.
# Source after observe.sh. Reads PROBE, LANE and PEER.

readonly WARM_UP_SECONDS=3 SETTLE_SECONDS=3 MOVE_DEADLINE_SECONDS=60 MOST_SECONDS=75 READY_DEADLINE_SECONDS=900
# Far more than a move takes: what has not begun by then was refused, not slow.
readonly ASK_AGAIN_SECONDS=10

measure_handover() { there_and_back handover same-zone; }
measure_push() { there_and_back push same-zone; }
measure_zone() { there_and_back zone other-zone; }

# there_and_back CASE WHERE: the lane to the best NAT there, then back to the one that had it.
there_and_back() {
  local case=$1 where=$2 from to
  wait_ready || { skip "$case" "$FAILURE" && return; }
  from=$(lane_now .servedBy)
  to=$(jq -r --arg from "$from" --arg where "$where" --arg lane "$LANE" '
    first(.nats[] | select(.instanceId == $from)).zone as $zone | first(.lanes[] | select(.lane == $lane)) as $its
    | [.nats[] | select(.instanceId != $from and .healthy and .state == "running" and .ping == "Online")
       | select(if $where == "same-zone" then .zone == $zone else .zone != $zone and $its.guests[.zone] != null end)]
    | sort_by(.replication != "synced", .name) | first.instanceId // empty' "$WORK/before.json")
  if [[ -z $to ]]; then
    skip "$case" "no healthy NAT in $([[ $where == same-zone ]] && echo "the zone beside $from" || echo "another zone that has a guest address of $LANE")"
    return
  fi
  measure "$case" "$from" "$to"
  wait_ready || { skip "$case" "$FAILURE" && return; }
  measure "$case" "$to" "$from"
}

# Without a shutdown where the AWS CLI knows how, so that nothing is handed over; found out before the clock runs.
measure_blackhole() {
  local from
  ABRUPTLY=''
  ! aws ec2 terminate-instances --generate-cli-skeleton 2>/dev/null | grep -q SkipOsShutdown || ABRUPTLY=--skip-os-shutdown
  wait_ready || { skip blackhole "$FAILURE" && return; }
  from=$(lane_now .servedBy)
  measure blackhole "$from" ''
}

# wait_ready: looks again until WORK/before.json says that the lane is served and every NAT is healthy and holds its copies;
# else 1 and FAILURE.
wait_ready() {
  local deadline=$((SECONDS + READY_DEADLINE_SECONDS))
  while true; do
    FAILURE=$(jq -r --arg lane "$LANE" '
      [(.lanes[] | select(.lane == $lane and .servedBy == null) | "nobody serves \(.lane)"),
       (.nats[] | select(.healthy | not) | "\(.name) is not healthy"),
       (.nats[] | select(.replication == "syncing" or .replication == "degraded") | "\(.name) is \(.replication)")] | join("; ")' "$WORK/before.json")
    [[ -n $FAILURE ]] || return 0
    ((SECONDS < deadline)) || { FAILURE="not ready within $READY_DEADLINE_SECONDS s: $FAILURE" && return 1; }
    snapshot before
  done
}

skip() {
  warn "$1: $2"
  jq -nc --arg case "$1" --arg skipped "$2" '{$case, $skipped}' >>"$WORK/runs.jsonl"
}

# probe_config CASE: what probe.py is told. In `push` the few connections in which the client speaks are the control: without
# them a silence could be anything.
probe_config() {
  jq -c --arg case "$1" --arg peer "$PEER" --argjson warm "$WARM_UP_SECONDS" --argjson settle "$SETTLE_SECONDS" --argjson most "$MOST_SECONDS" '{
    peer: ($peer | if . == "" then null else capture("^(?<host>.*):(?<port>[0-9]+)$") | .port |= tonumber end),
    echo: (if $case == "push" then 4 else 20 end), push: 20, udpPush: 10, intervalMs: 50,
    nats: ([.nats[] | {(.address): .instanceId}] | add), warmUpSeconds: $warm, settleSeconds: $settle, mostSeconds: $most
  }' "$WORK/before.json"
}

# measure CASE FROM TO: one move with the probe running around it. Whatever fails is a failed run, not the end of the command.
measure() {
  local case=$1 from=$2 to=$3 run sent asked answered moved=true failed='' prober=''
  run=$(mktemp -d "$WORK/run.XXXXXX")
  sent=$(now_ms)
  start_probe "$run" "$PROBE" "$(probe_config "$case")" || {
    jq -nc --arg case "$case" --arg failed "$FAILURE" '{$case, $failed}' >>"$WORK/runs.jsonl"
    return
  }
  # The calm before, against which the stall stands; flows are copied once they are assured (UDP: 2 s).
  sleep "$WARM_UP_SECONDS"
  : >"$run/probers.jsonl"
  if [[ $case == blackhole ]]; then
    ask_prober "$run" "$(lane_now .proberFunction)" "$run/enough" &
    prober=$!
  fi
  asked=$(now_ms)
  if [[ $case == blackhole ]]; then
    terminate "$run" "$from" &
    local request=$!
    watch_move "$run" "$from" $((asked + MOVE_DEADLINE_SECONDS * 1000)) || moved=false
    wait "$request" || die "the termination was not accepted; the line above says why"
  else
    ask_until_moved "$run" "$from" "$to" || moved=false
    asked=$ASKED_AT
  fi
  : >"$run/enough"
  [[ -z $prober ]] || wait "$prober"
  collect_probe "$run" "$PROBE" $((MOST_SECONDS + 60)) || failed=$FAILURE
  answered=$(now_ms)
  snapshot after
  [[ $moved == true ]] || failed="${failed:+$failed; }$LANE did not leave $from within $MOVE_DEADLINE_SECONDS s$(refusal_of "$case" "$to")"
  [[ -e $run/probe.json ]] || printf 'null' >"$run/probe.json"
  jq -nc --arg case "$case" --arg lane "$LANE" --arg from "$from" --arg to "$to" --arg failed "$failed" \
    --argjson sentAt "$sent" --argjson askedAt "$asked" --argjson answeredAt "$answered" \
    --slurpfile before "$WORK/before.json" --slurpfile after "$WORK/after.json" --slurpfile probe "$run/probe.json" \
    --slurpfile polls "$run/polls.jsonl" --slurpfile probers "$run/probers.jsonl" '
    {$case, $lane, $from, $to, failed: (if $failed == "" then null else $failed end), $sentAt, $askedAt, $answeredAt,
     before: $before[0], after: $after[0], probe: $probe[0], $polls, $probers}' >>"$WORK/runs.jsonl"
  mv "$WORK/after.json" "$WORK/before.json"
}

# lane_now FILTER: of the lane, as last seen.
lane_now() {
  jq -r --arg lane "$LANE" ".lanes[] | select(.lane == \$lane) | $1" "$WORK/before.json"
}

# watch_move DIR FROM DEADLINE_MS
watch_move() {
  watch_remap "$1" "$(lane_now .routeTableId)" "$(lane_now '.addresses[0].allocationId')" "$(interface_of "$2")" "$3"
}

# interface_of INSTANCE: as last seen.
interface_of() {
  jq -r --arg id "$1" '.nats[] | select(.instanceId == $id).eniId' "$WORK/before.json"
}

# ask_until_moved DIR FROM TO: asks, and asks again while nothing has begun: what is refused (the NAT was slow to answer just then)
# is forgotten; manual_failover.sh does the same. Sets ASKED_AT to the last time, from which remaps are counted; 1 when it did not move.
ask_until_moved() {
  local dir=$1 from=$2 to=$3 request moved=1 deadline=$((SECONDS + MOVE_DEADLINE_SECONDS))
  while ((SECONDS < deadline)); do
    if [[ ! -e $dir/polls.jsonl ]] || tail -n 1 "$dir/polls.jsonl" | jq -e --arg from "$(interface_of "$from")" '.routeEni == $from' >/dev/null; then
      ASKED_AT=$(now_ms)
      ask_move "$to" &
      request=$!
    fi
    ! watch_move "$dir" "$from" $(($(now_ms) + ASK_AGAIN_SECONDS * 1000)) || { moved=0 && break; }
  done
  wait "$request" || die "the request was not accepted; the line above says why"
  return "$moved"
}

# refusal_of CASE TO: why nat-route-failover would refuse the move now, if it would.
refusal_of() {
  [[ $1 != blackhole ]] || return 0
  ask_plan "$(move_message "$2")"
  jq -r '.refused // empty | ": \(.)"' "$WORK/plan.json"
}

# move_message TO
move_message() {
  new_message move "$(jq -cn --arg by "$OPERATOR" --arg lane "$LANE" --arg to "$1" '{by: $by, lane: $lane, to: $to}')"
}

# ask_move TO: through the door. manual_failover.sh would ask for the plan first: then the request's time is not known to the second.
ask_move() {
  send "$(move_message "$1")"
}

# terminate DIR INSTANCE: its group replaces it.
terminate() {
  in_parallel "$1" "terminated ec2 terminate-instances --instance-ids $2${ABRUPTLY:+ $ABRUPTLY}"
}
