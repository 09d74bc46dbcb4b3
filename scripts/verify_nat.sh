#!/usr/bin/env bash
# Is every lane of a fleet served, by the right NAT, from the right public address? Reads only; the same on AWS and in the lab.
# Usage: scripts/verify_nat.sh <env>|lab [--json]
#   <env>   an environment with a state backend; credentials from the AWS CLI's usual places
#   lab     the environment that is up on this machine
# Exit 0: all that was checked is right; 1: something is not (each fault is named); 2: could not look.
# Seams: HA_NAT_ACCOUNT_ID_<ENV> (the account that may be looked at), AWS_ENDPOINT_URL, HA_NAT_LAB_COMMAND, HA_NAT_LAB_ENV,
#   HA_NAT_COUNTERS_DEADLINE_SECONDS (how long a lane may take to show its first translation; 6).
set -Eeuo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/lib/common.sh"
source "$HERE/lib/aws.sh"

readonly COUNTERS_DEADLINE_SECONDS=${HA_NAT_COUNTERS_DEADLINE_SECONDS:-6}

# look ENV DIR: seven or eight AWS CLI calls in two rounds; answers as JSON files in DIR.
look() {
  local env=$1 dir=$2
  in_parallel "$dir" \
    "identity sts get-caller-identity" \
    "parameters ssm get-parameters --names /ha-nat/$env/topology /ha-nat/$env/peers /ha-nat/$env/state"
  refuse_wrong_account "$env" "$(jq -r .Account "$dir/identity.json")"
  jq -es '[.[0].InvalidParameters[] | select(endswith("/state") | not)] == []' "$dir/parameters.json" >/dev/null ||
    die "$(jq -r '"parameters not found: \(.InvalidParameters | join(", "))"' "$dir/parameters.json") in region $AWS_REGION; is '$env' deployed there?"

  local target_group filter="Name=tag:ha-nat:env,Values=$env"
  target_group=$(jq -r '.Parameters[] | select(.Name | endswith("/topology")).Value | fromjson.targetGroupArn // empty' "$dir/parameters.json")
  in_parallel "$dir" \
    "$(report_call "$env")" \
    "instances ec2 describe-instances --filters $filter Name=tag:ha-nat:role,Values=nat" \
    "routes ec2 describe-route-tables --filters $filter" \
    "addresses ec2 describe-addresses --filters $filter" \
    "alarms cloudwatch describe-alarms --alarm-name-prefix ha-nat-$env-" \
    ${target_group:+"targets elbv2 describe-target-health --target-group-arn $target_group"}
  [[ -n $target_group ]] || printf 'null' >"$dir/targets.json"
  refuse_failed_report "$env" "$dir"
}

report_call() {
  printf 'report lambda invoke --function-name ha-nat-%s-nat-health-probe --payload fileb://request.json answer.json' "$1"
}

refuse_failed_report() {
  if jq -e .FunctionError "$2/report.json" >/dev/null; then
    die "nat-health-probe failed: $(head -c 400 "$2/answer.json"); its log group is /aws/lambda/ha-nat-$1-nat-health-probe"
  fi
}

ask_report() {
  in_parallel "$2" "$(report_call "$1")"
  refuse_failed_report "$1" "$2"
}

# judge ENV PLACE DIR: the answers in DIR become DIR/verdict.json.
judge() {
  local dir=$3
  jq -n --arg env "$1" --arg place "$2" --arg region "$AWS_REGION" --from-file "$HERE/lib/verify.jq" \
    --slurpfile identity "$dir/identity.json" --slurpfile parameters "$dir/parameters.json" --slurpfile instances "$dir/instances.json" \
    --slurpfile routes "$dir/routes.json" --slurpfile addresses "$dir/addresses.json" --slurpfile targets "$dir/targets.json" \
    --slurpfile report "$dir/answer.json" --slurpfile alarms "$dir/alarms.json" >"$dir/verdict.json" ||
    die "the answers cannot be read; the line above says what is missing in them"
}

no_translation_seen() {
  jq -e 'any(.lanes[].checks[]; .check == "snat" and .status == "fail")' "$1/verdict.json" >/dev/null
}

main() {
  local env='' as_json=false argument
  for argument in "$@"; do
    case $argument in
      --json) as_json=true ;;
      -h | --help) sed -n '2,8s/^# //p' "${BASH_SOURCE[0]}" && return 0 ;;
      -*) die "unknown option '$argument'; usage: verify_nat.sh <env>|lab [--json]" ;;
      *)
        [[ -z $env ]] || die "one environment at a time, got '$env' and '$argument'"
        env=$argument
        ;;
    esac
  done
  [[ -n $env ]] || die "no environment; usage: verify_nat.sh <env>|lab [--json]; allowed: $(known_environments | paste -sd' ' | sed 's/ /, /g'), lab"
  require_environment "$env" lab
  command -v jq >/dev/null || die "jq is not on PATH (Debian package jq)"
  command -v aws >/dev/null || die "the AWS CLI is not on PATH (Debian package awscli)"

  local place=aws dir
  if [[ $env == lab ]]; then
    place=lab
    enter_lab
    env=$LAB_ENV
  else
    choose_region "$env"
  fi
  dir=$(mktemp -d)
  printf '{"schema":1,"kind":"report"}' >"$dir/request.json"
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$dir'" EXIT
  look "$env" "$dir"
  judge "$env" "$place" "$dir"
  # The agent reads its counters every 2 s: a NAT that has just taken over shows its first packet that much later.
  local deadline=$((SECONDS + COUNTERS_DEADLINE_SECONDS))
  while no_translation_seen "$dir" && ((SECONDS < deadline)); do
    ask_report "$env" "$dir"
    judge "$env" "$place" "$dir"
  done
  if [[ $as_json == true ]]; then
    cat "$dir/verdict.json"
  else
    jq -r --from-file "$HERE/lib/verify-table.jq" "$dir/verdict.json"
  fi
  jq -e .ok "$dir/verdict.json" >/dev/null
}

main "$@"
