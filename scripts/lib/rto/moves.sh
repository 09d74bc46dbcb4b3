# shellcheck shell=bash
# The cases of measure_rto.sh. Each move is one document in DIR/runs.jsonl: measured, failed (with the reason) or skipped.
# Source after observe.sh. Reads PROBE, LANE, PEER and QUEUE_URL.

readonly WARM_UP_SECONDS=3 SETTLE_SECONDS=3 MOVE_DEADLINE_SECONDS=60 MOST_SECONDS=75 READY_DEADLINE_SECONDS=900

measure_handover() { there_and_back handover "$1" "$2" same-zone; }
measure_push() { there_and_back push "$1" "$2" same-zone; }
measure_zone() { there_and_back zone "$1" "$2" other-zone; }

# there_and_back CASE ENV DIR WHERE: the lane to the best NAT there, then back to the one that had it.
there_and_back() {
  local case=$1 env=$2 dir=$3 where=$4 from to
  wait_ready "$env" "$dir" || { skip "$case" "$dir" "$FAILURE" && return; }
  from=$(jq -r --arg lane "$LANE" '.lanes[] | select(.lane == $lane).servedBy' "$dir/before.json")
  to=$(jq -r --arg from "$from" --arg where "$where" --arg lane "$LANE" '
    first(.nats[] | select(.instanceId == $from)).zone as $zone | first(.lanes[] | select(.lane == $lane)) as $its
    | [.nats[] | select(.instanceId != $from and .healthy and .state == "running" and .ping == "Online")
       | select(if $where == "same-zone" then .zone == $zone else .zone != $zone and $its.guests[.zone] != null end)]
    | sort_by(.replication != "synced", .name) | first.instanceId // empty' "$dir/before.json")
  if [[ -z $to ]]; then
    skip "$case" "$dir" "no healthy NAT in $([[ $where == same-zone ]] && echo "the zone beside $from" || echo "another zone that has a guest address of $LANE")"
    return
  fi
  measure "$case" "$env" "$dir" "$from" "$to"
  wait_ready "$env" "$dir" || { skip "$case" "$dir" "$FAILURE" && return; }
  measure "$case" "$env" "$dir" "$to" "$from"
}

measure_blackhole() {
  local env=$1 dir=$2 from
  wait_ready "$env" "$dir" || { skip blackhole "$dir" "$FAILURE" && return; }
  from=$(jq -r --arg lane "$LANE" '.lanes[] | select(.lane == $lane).servedBy' "$dir/before.json")
  measure blackhole "$env" "$dir" "$from" ''
}

# wait_ready ENV DIR: looks again until DIR/before.json says that the lane is served and every NAT is healthy and holds its copies;
# else 1 and FAILURE.
wait_ready() {
  local deadline=$((SECONDS + READY_DEADLINE_SECONDS))
  while true; do
    FAILURE=$(jq -r --arg lane "$LANE" '
      [(.lanes[] | select(.lane == $lane and .servedBy == null) | "nobody serves \(.lane)"),
       (.nats[] | select(.healthy | not) | "\(.name) is not healthy"),
       (.nats[] | select(.replication == "syncing" or .replication == "degraded") | "\(.name) is \(.replication)")] | join("; ")' "$2/before.json")
    [[ -n $FAILURE ]] || return 0
    ((SECONDS < deadline)) || { FAILURE="not ready within $READY_DEADLINE_SECONDS s: $FAILURE" && return 1; }
    snapshot "$1" "$2" before
  done
}

skip() {
  warn "$1: $3"
  jq -nc --arg case "$1" --arg skipped "$3" '{$case, $skipped}' >>"$2/runs.jsonl"
}

# probe_config CASE DIR: what probe.py is told. In `push` the few connections in which the client speaks are the control: without
# them a silence could be anything.
probe_config() {
  jq -c --arg case "$1" --arg peer "$PEER" --argjson warm "$WARM_UP_SECONDS" --argjson settle "$SETTLE_SECONDS" --argjson most "$MOST_SECONDS" '{
    peer: ($peer | if . == "" then null else capture("^(?<host>.*):(?<port>[0-9]+)$") | .port |= tonumber end),
    echo: (if $case == "push" then 4 else 20 end), push: 20, udpPush: 10, intervalMs: 50,
    nats: ([.nats[] | {(.address): .instanceId}] | add), warmUpSeconds: $warm, settleSeconds: $settle, mostSeconds: $most
  }' "$2/before.json"
}

# measure CASE ENV DIR FROM TO: one move with the probe running around it. Whatever fails is a failed run, not the end of the command.
measure() {
  local case=$1 env=$2 dir=$3 from=$4 to=$5 run sent asked answered moved=true failed='' prober=''
  run=$(mktemp -d "$dir/run.XXXXXX")
  sent=$(now_ms)
  start_probe "$run" "$PROBE" "$(probe_config "$case" "$dir")"
  # The calm before, against which the stall stands; flows are copied once they are assured (UDP: 2 s).
  sleep "$WARM_UP_SECONDS"
  : >"$run/probers.jsonl"
  if [[ $case == blackhole ]]; then
    ask_prober "$run" "$(jq -r --arg lane "$LANE" '.lanes[] | select(.lane == $lane).proberFunction' "$dir/before.json")" "$run/enough" &
    prober=$!
  fi
  asked=$(now_ms)
  if [[ $case == blackhole ]]; then terminate "$run" "$from" & else ask_move "$run" "$env" "$to" & fi
  local request=$!
  watch_remap "$run" "$(lane_of "$dir" .routeTableId)" "$(lane_of "$dir" '.addresses[0].allocationId')" \
    "$(jq -r --arg from "$from" '.nats[] | select(.instanceId == $from).eniId' "$dir/before.json")" $((asked + MOVE_DEADLINE_SECONDS * 1000)) || moved=false
  : >"$run/enough"
  wait "$request" || die "the request was not accepted; the line above says why"
  [[ -z $prober ]] || wait "$prober"
  collect_probe "$run" "$PROBE" $((MOST_SECONDS + 60)) || failed=$FAILURE
  answered=$(now_ms)
  snapshot "$env" "$dir" after
  [[ $moved == true ]] || failed="${failed:+$failed; }$LANE did not leave $from within $MOVE_DEADLINE_SECONDS s"
  [[ -e $run/probe.json ]] || printf 'null' >"$run/probe.json"
  jq -nc --arg case "$case" --arg lane "$LANE" --arg from "$from" --arg to "$to" --arg failed "$failed" \
    --argjson sentAt "$sent" --argjson askedAt "$asked" --argjson answeredAt "$answered" \
    --slurpfile before "$dir/before.json" --slurpfile after "$dir/after.json" --slurpfile probe "$run/probe.json" \
    --slurpfile polls "$run/polls.jsonl" --slurpfile probers "$run/probers.jsonl" '
    {$case, $lane, $from, $to, failed: (if $failed == "" then null else $failed end), $sentAt, $askedAt, $answeredAt,
     before: $before[0], after: $after[0], probe: $probe[0], $polls, $probers}' >>"$dir/runs.jsonl"
  mv "$dir/after.json" "$dir/before.json"
}

lane_of() {
  jq -r --arg lane "$LANE" ".lanes[] | select(.lane == \$lane) | $2" "$1/before.json"
}

# ask_move DIR ENV TO: through the door, as every move.
ask_move() {
  local id
  id="measure-rto-$(now_ms)-$$"
  jq -nc --arg env "$2" --arg to "$3" --arg lane "$LANE" --arg id "$id" --arg at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --arg by "measure_rto.sh" \
    '{schema: 1, kind: "move", $env, $at, correlationId: $id, $by, $lane, $to}' >"$1/move.json"
  in_parallel "$1" "sent sqs send-message --queue-url $QUEUE_URL --message-group-id $2 --message-deduplication-id $id --message-body file://move.json"
}

# terminate DIR INSTANCE: without a shutdown where the AWS CLI knows how, so that nothing is handed over. The group replaces it.
terminate() {
  local abrupt=''
  ! aws ec2 terminate-instances --generate-cli-skeleton 2>/dev/null | grep -q SkipOsShutdown || abrupt=--skip-os-shutdown
  in_parallel "$1" "terminated ec2 terminate-instances --instance-ids $2${abrupt:+ $abrupt}"
}
