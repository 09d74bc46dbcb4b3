# shellcheck shell=bash
# What measure_rto.sh sees: the fleet at a moment, a remap while it happens, and the probe instance by Systems Manager.
# Source after operator.sh. DIR is the directory of one move.

readonly RTO_LIB="$HA_NAT_ROOT/scripts/lib/rto"

# Milliseconds since the epoch.
now_ms() { printf '%d' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

# snapshot NAME: where every lane and NAT stands now, as WORK/NAME.json. Two rounds of CLI calls.
snapshot() {
  local name=$1 filter="Name=tag:ha-nat:env,Values=$ENV" target_group ids
  printf '{"schema":1,"kind":"report"}' >"$WORK/request.json"
  in_parallel "$WORK" "parameters ssm get-parameters --names /ha-nat/$ENV/topology /ha-nat/$ENV/peers /ha-nat/$ENV/state"
  target_group=$(document topology | jq -r '.targetGroupArn // empty')
  ids=$(document peers | jq -r '.peers[].instanceId' | paste -sd' ')
  [[ -n $ids ]] || die "the peers parameter of '$ENV' lists no NAT; nothing can be moved (scripts/verify_nat.sh says more)"
  in_parallel "$WORK" \
    "reported lambda invoke --function-name ha-nat-$ENV-nat-health-probe --payload fileb://request.json answer.json" \
    "instances ec2 describe-instances --filters $filter Name=tag:ha-nat:role,Values=nat" \
    "routes ec2 describe-route-tables --filters $filter" \
    "addresses ec2 describe-addresses --filters $filter" \
    "groups autoscaling describe-auto-scaling-instances --instance-ids $ids" \
    "information ssm describe-instance-information --filters Key=InstanceIds,Values=${ids// /,}" \
    ${target_group:+"targets elbv2 describe-target-health --target-group-arn $target_group"}
  [[ -n $target_group ]] || printf 'null' >"$WORK/targets.json"
  ! jq -e .FunctionError "$WORK/reported.json" >/dev/null || die "nat-health-probe failed: $(head -c 400 "$WORK/answer.json")"
  jq -n --argjson at "$(now_ms)" --from-file "$RTO_LIB/snapshot.jq" \
    --slurpfile parameters "$WORK/parameters.json" --slurpfile instances "$WORK/instances.json" --slurpfile routes "$WORK/routes.json" \
    --slurpfile addresses "$WORK/addresses.json" --slurpfile groups "$WORK/groups.json" --slurpfile report "$WORK/answer.json" \
    --slurpfile information "$WORK/information.json" --slurpfile targets "$WORK/targets.json" >"$WORK/$name.json" ||
    die "the answers cannot be read; the line above says what is missing in them"
}

# watch_remap DIR TABLE ALLOCATION FROM_ENI DEADLINE_MS: a line in DIR/polls.jsonl per look at route and address, until both have
# left FROM_ENI for the same other interface; 1 when they had not by the deadline.
watch_remap() {
  local dir=$1 table=$2 allocation=$3 from=$4 deadline=$5 started
  mkdir -p "$dir/poll"
  while (($(now_ms) < deadline)); do
    started=$(now_ms)
    in_parallel "$dir/poll" "routes ec2 describe-route-tables --route-table-ids $table" "addresses ec2 describe-addresses --allocation-ids $allocation"
    jq -nc --argjson startedAt "$started" --argjson endedAt "$(now_ms)" \
      --slurpfile routes "$dir/poll/routes.json" --slurpfile addresses "$dir/poll/addresses.json" '
      {$startedAt, $endedAt,
       routeEni: (first($routes[0].RouteTables[].Routes[] | select(.DestinationCidrBlock == "0.0.0.0/0" and .State == "active") | .NetworkInterfaceId) // null),
       addressEni: ($addresses[0].Addresses[0].NetworkInterfaceId // null)}' >>"$dir/polls.jsonl"
    tail -n 1 "$dir/polls.jsonl" | jq -e --arg from "$from" '.routeEni != null and .routeEni != $from and .routeEni == .addressEni' >/dev/null && return 0
  done
  return 1
}

# start_probe DIR INSTANCE CONFIG: runs probe.py on the instance by AWS-RunShellScript, a document that every account has; the
# instance is the operator's own. Sets COMMAND_ID; returns when the program runs, or 1 with the reason in FAILURE.
start_probe() {
  local dir=$1 instance=$2 config=$3 seconds deadline
  seconds=$(jq .mostSeconds <<<"$config")
  jq -n --arg config "$config" --arg seconds "$((seconds + 30))" --rawfile program "$RTO_LIB/probe.py" '{
    commands: (["python3 - \u0027\($config)\u0027 <<\u0027HA_NAT_PROGRAM\u0027"] + ($program | split("\n")) + ["HA_NAT_PROGRAM"]),
    executionTimeout: [$seconds]
  }' >"$dir/program.json"
  in_parallel "$dir" "command ssm send-command --document-name AWS-RunShellScript --instance-ids $instance --parameters file://program.json --timeout-seconds 60"
  COMMAND_ID=$(jq -r .Command.CommandId "$dir/command.json")
  deadline=$((SECONDS + 60))
  until probe_status "$dir" "$instance" && [[ $PROBE_STATUS != Pending && $PROBE_STATUS != Delayed ]]; do
    if ((SECONDS >= deadline)); then
      FAILURE="$instance did not fetch its command within 60 s; is its Systems Manager agent online (aws ssm describe-instance-information)?"
      return 1
    fi
  done
  [[ $PROBE_STATUS == InProgress ]] || program_failed "$dir" "$instance"
}

# program_failed DIR INSTANCE: 1, with what the program said last in FAILURE.
program_failed() {
  # shellcheck disable=SC2034 # read by the caller
  FAILURE="the program on $2 ended with $PROBE_STATUS: $(jq -r '.StandardErrorContent' "$1/invocation.json" | tail -n 3 | tr '\n' ' ')"
  return 1
}

# probe_status DIR INSTANCE: sets PROBE_STATUS; 1 while Systems Manager does not know the invocation yet.
probe_status() {
  aws_json "$1" invocation ssm get-command-invocation --command-id "$COMMAND_ID" --instance-id "$2" || {
    grep -q InvocationDoesNotExist "$1/invocation.json.error" && return 1
    die "the AWS CLI failed: invocation: $(tr '\n' ' ' <"$1/invocation.json.error" | head -c 300)"
  }
  PROBE_STATUS=$(jq -r .Status "$1/invocation.json")
}

# collect_probe DIR INSTANCE SECONDS: waits for the program's line, as DIR/probe.json; 1 with the reason in FAILURE without one.
collect_probe() {
  local dir=$1 instance=$2 deadline=$((SECONDS + $3))
  until probe_status "$dir" "$instance" && [[ $PROBE_STATUS != InProgress ]]; do
    if ((SECONDS >= deadline)); then
      # shellcheck disable=SC2034 # read by the caller
      FAILURE="the program on $instance did not end within $3 s"
      return 1
    fi
  done
  if [[ $PROBE_STATUS != Success ]] || ! jq -e '.StandardOutputContent | fromjson | .schema == 1' "$dir/invocation.json" >/dev/null 2>&1; then
    program_failed "$dir" "$instance" || return
  fi
  jq '.StandardOutputContent | fromjson' "$dir/invocation.json" >"$dir/probe.json"
}

# ask_prober DIR FUNCTION UNTIL_FILE: invokes the lane's egress-prober again and again until the file exists; a line per answer in
# DIR/probers.jsonl. `broken`: it answered, and says that nothing of its path works.
ask_prober() {
  local dir=$1 function=$2 until=$3 number=0 pids=()
  printf '{"schema":1,"probe":{"deadlineMs":250}}' >"$dir/prober-request.json"
  while [[ ! -e $until ]]; do
    number=$((number + 1))
    invoke_prober "$dir" "$function" "prober-$number" &
    pids+=("$!")
    # Two at a time: one call outlasts a short outage.
    ((${#pids[@]} < 2)) || {
      wait "${pids[0]}" || true
      pids=("${pids[@]:1}")
    }
  done
  wait
}

invoke_prober() {
  local dir=$1 function=$2 name=$3
  aws_json "$dir" "$name" lambda invoke --function-name "$function" --payload fileb://prober-request.json "$name.answer.json" || true
  [[ -s $dir/$name.json ]] || printf '{"FunctionError":%s}' "$(jq -Rs . <"$dir/$name.json.error")" >"$dir/$name.json"
  [[ -s $dir/$name.answer.json ]] || printf 'null' >"$dir/$name.answer.json"
  jq -nc --slurpfile call "$dir/$name.json" --slurpfile answer "$dir/$name.answer.json" '
    ($call[0].FunctionError == null and ($answer[0].probe.results | type) == "array") as $answered
    | {$answered, broken: ($answered and ($answer[0].probe.results | length > 0 and all(.[]; .ok | not))),
       error: (if $answered then null else ($call[0].FunctionError // "no answer") end)}' >>"$dir/probers.jsonl"
}
