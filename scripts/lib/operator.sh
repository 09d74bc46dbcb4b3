# shellcheck shell=bash
# What the operators' commands share: one door (the failover queue), one plan (nat-route-failover's own). Source after common.sh and aws.sh.
# An operator needs: sts:GetCallerIdentity, ssm:GetParameters on /ha-nat/<env>/*, lambda:InvokeFunction on nat-route-failover,
# sqs:GetQueueUrl and sqs:SendMessage on the failover queue.
# Sets ASKED (the environment, or lab), DRY and YES by the arguments; ENV, PLACE (aws or lab) and WORK (a directory of its own) in
# enter_place; OPERATOR (who asks) and QUEUE_URL in open_fleet.

# How long an answer may take to stand in the state parameter, seconds. A drain waits a minute for the others to hold its flows.
readonly ANSWER_DEADLINE_SECONDS=${HA_NAT_ANSWER_DEADLINE_SECONDS:-90}
# A message causes one look; what waits for something needs another one.
readonly SAY_AGAIN_SECONDS=3

ASKED='' DRY=false AS_JSON=false YES=false

# common_argument ARGUMENT: what all these commands take. The command's own header is its help.
common_argument() {
  # shellcheck disable=SC2034 # DRY is read by the commands that source this file
  case $1 in
    --dry-run) DRY=true ;;
    --json) AS_JSON=true ;;
    --yes) YES=true ;;
    -h | --help)
      sed -n '2,/^[^#]/s/^# //p' "$0"
      exit 0
      ;;
    -*) die "unknown option '$1'; $USAGE" ;;
    *)
      [[ -z $ASKED ]] || die "one environment at a time, got '$ASKED' and '$1'"
      ASKED=$1
      ;;
  esac
}

# enter_place: where to go, and a directory for answers that goes with the shell.
enter_place() {
  [[ -n $ASKED ]] || die "no environment; $USAGE; allowed: $(known_environments | paste -sd' ' | sed 's/ /, /g'), lab"
  require_environment "$ASKED" lab
  command -v jq >/dev/null || die "jq is not on PATH (Debian package jq)"
  command -v aws >/dev/null || die "the AWS CLI is not on PATH (Debian package awscli)"
  if [[ $ASKED == lab ]]; then
    PLACE=lab
    enter_lab
    ENV=$LAB_ENV
  else
    PLACE=aws ENV=$ASKED
    choose_region "$ENV"
  fi
  WORK=$(mktemp -d)
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$WORK'" EXIT
}

# open_fleet: who asks, who is there, and the door.
open_fleet() {
  in_parallel "$WORK" \
    "identity sts get-caller-identity" \
    "parameters ssm get-parameters --names /ha-nat/$ENV/topology /ha-nat/$ENV/peers" \
    "queue sqs get-queue-url --queue-name ha-nat-$ENV-failover.fifo"
  refuse_wrong_account "$ENV" "$(jq -r .Account "$WORK/identity.json")"
  jq -es '.[0].Parameters | length == 2' "$WORK/parameters.json" >/dev/null ||
    die "$(jq -r '"parameters not found: \(.InvalidParameters | join(", "))"' "$WORK/parameters.json") in region $AWS_REGION; is '$ENV' deployed there?"
  OPERATOR=$(jq -r '.Arn | sub("^.*:"; "")' "$WORK/identity.json")
  QUEUE_URL=$(jq -r .QueueUrl "$WORK/queue.json")
  # shellcheck disable=SC2034 # read by the commands that source this file
  readonly OPERATOR QUEUE_URL
}

# document KIND: a document read by open_fleet.
document() {
  jq --arg kind "$1" '.Parameters[] | select(.Name | endswith("/" + $kind)) | .Value | fromjson' "$WORK/parameters.json"
}

# instance_of NAT: the instance ID of a NAT given by its name (use1-az1-a) or by the ID itself.
instance_of() {
  local found
  found=$(document peers | jq -r --arg nat "$1" 'first(.peers[] | select(.name == $nat or .instanceId == $nat) | .instanceId) // empty')
  [[ -n $found ]] || die "no NAT '$1' in $ENV; there are: $(document peers | jq -r '[.peers[] | "\(.name) (\(.instanceId))"] | join(", ")')"
  printf '%s' "$found"
}

# require_lane LANE
require_lane() {
  document topology | jq -e --arg lane "$1" 'any(.lanes[]; .lane == $lane)' >/dev/null ||
    die "no lane '$1' in $ENV; there are: $(document topology | jq -r '[.lanes[].lane] | join(", ")')"
}

# new_message KIND FIELDS: prints a message of now; FIELDS is a JSON object.
new_message() {
  jq -cn --arg env "$ENV" --arg kind "$1" --argjson fields "$2" --arg id "operator-${EPOCHREALTIME/[.,]/}-$RANDOM" \
    '{schema: 1, env: $env, at: (now | todate), correlationId: $id, kind: $kind} + $fields'
}

# ask_plan MESSAGE: what nat-route-failover would do, in WORK/plan.json. It does nothing.
ask_plan() {
  jq -c '{schema: 1, kind: "plan", request: .}' <<<"$1" >"$WORK/request.json"
  in_parallel "$WORK" "invoked lambda invoke --function-name ha-nat-$ENV-nat-route-failover --payload fileb://request.json plan.json"
  ! jq -e .FunctionError "$WORK/invoked.json" >/dev/null ||
    die "nat-route-failover failed: $(head -c 400 "$WORK/plan.json"); its log group is /aws/lambda/ha-nat-$ENV-nat-route-failover"
}

# show_plan: the plan on stdout, as a table or as JSON; returns 1 when the request is refused.
show_plan() {
  if [[ $AS_JSON == true ]]; then
    jq . "$WORK/plan.json"
  else
    jq -r --argjson peers "$(document peers)" --from-file "$HA_NAT_ROOT/scripts/lib/plan-table.jq" "$WORK/plan.json"
  fi
  jq -e '.refused == null' "$WORK/plan.json" >/dev/null
}

# confirm QUESTION: people are asked before production changes; elsewhere, and with --yes, nobody is.
confirm() {
  local answer=''
  [[ $YES == false && $PLACE == aws && $ENV == prod ]] || return 0
  printf '%s [y/N] ' "$1" >&2
  read -r answer || :
  [[ $answer == [yY] || $answer == yes ]] || die "not confirmed, nothing was asked for; --yes answers the question beforehand"
}

# send MESSAGE: through the door, under an ID of its own.
send() {
  printf '%s' "$1" >"$WORK/message.json"
  in_parallel "$WORK" "sent sqs send-message --queue-url $QUEUE_URL --message-group-id $ENV \
    --message-deduplication-id $(jq -r '"\(.kind)-\(.correlationId)"' <<<"$1") --message-body file://message.json"
}

read_state() {
  in_parallel "$WORK" "state ssm get-parameters --names /ha-nat/$ENV/state"
  jq '[.Parameters[].Value | fromjson][0] // {}' "$WORK/state.json" >"$WORK/record.json"
}

# until_recorded KIND FIELDS: says it, and says it again, until the record has an answer (answer.jq). Returns 0, or 1 (refused, or
# nothing in time).
until_recorded() {
  local kind=$1 fields=$2 answer since deadline=$((SECONDS + ANSWER_DEADLINE_SECONDS)) said_at=-$SAY_AGAIN_SECONDS
  since=$(date -u +%Y-%m-%dT%H:%M:%S)
  while ((SECONDS < deadline)); do
    if ((SECONDS - said_at >= SAY_AGAIN_SECONDS)); then
      send "$(new_message "$kind" "$fields")"
      said_at=$SECONDS
    fi
    read_state
    answer=$(jq -r --arg kind "$kind" --argjson fields "$fields" --arg since "$since" \
      --from-file "$HA_NAT_ROOT/scripts/lib/answer.jq" "$WORK/record.json")
    case $answer in
      done) return 0 ;;
      refused:*)
        warn "$answer"
        return 1
        ;;
    esac
  done
  warn "not done within $ANSWER_DEADLINE_SECONDS s; why is in the log group /aws/lambda/ha-nat-$ENV-nat-route-failover"
  return 1
}
