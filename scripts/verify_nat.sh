#!/usr/bin/env bash
# Is every lane of a fleet served, by the right NAT, from the right public address? Reads only; the same on AWS and in the lab.
# Usage: scripts/verify_nat.sh <env>|lab [--json] [--wait SECONDS]
#   <env>   an environment with a state backend; credentials from the AWS CLI's usual places
#   lab     the environment that is up on this machine
#   --wait  look again until all is right, at most so long: alarms need minutes after an apply, and instance refreshes go on after
#           it. A group whose NATs are being replaced, or whose last refresh did not succeed, is then a fault as well.
# Needs: sts:GetCallerIdentity, ssm:GetParameters on /ha-nat/<env>/*, lambda:InvokeFunction on nat-health-probe, ec2:DescribeInstances,
#   ec2:DescribeRouteTables, ec2:DescribeAddresses, cloudwatch:DescribeAlarms, elasticloadbalancing:DescribeTargetHealth; with --wait
#   also autoscaling:DescribeInstanceRefreshes.
# Exit 0: all that was checked is right; 1: something is not (each fault is named); 2: could not look.
# Seams: HA_NAT_ACCOUNT_ID_<ENV> (the account that may be looked at), AWS_ENDPOINT_URL, HA_NAT_LAB_COMMAND, HA_NAT_LAB_ENV,
#   HA_NAT_COUNTERS_DEADLINE_SECONDS (how long a lane may take to show its first translation; 6), HA_NAT_LOOK_AGAIN_SECONDS (10).
set -Eeuo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/lib/common.sh"
source "$HERE/lib/aws.sh"

readonly USAGE='usage: verify_nat.sh <env>|lab [--json] [--wait SECONDS]'
readonly LOOK_AGAIN_SECONDS=${HA_NAT_LOOK_AGAIN_SECONDS:-10}
readonly COUNTERS_DEADLINE_SECONDS=${HA_NAT_COUNTERS_DEADLINE_SECONDS:-6}

# look ENV DIR WAIT: seven or eight AWS CLI calls in two rounds, with WAIT above 0 one more a zone; answers as JSON files in DIR.
look() {
  local env=$1 dir=$2 refreshes=()
  in_parallel "$dir" \
    "identity sts get-caller-identity" \
    "parameters ssm get-parameters --names /ha-nat/$env/topology /ha-nat/$env/peers /ha-nat/$env/state"
  refuse_wrong_account "$env" "$(jq -r .Account "$dir/identity.json")"
  jq -es '[.[0].InvalidParameters[] | select(endswith("/state") | not)] == []' "$dir/parameters.json" >/dev/null ||
    die "$(jq -r '"parameters not found: \(.InvalidParameters | join(", "))"' "$dir/parameters.json") in region $AWS_REGION; is '$env' deployed there?"

  local target_group filter="Name=tag:ha-nat:env,Values=$env"
  target_group=$(jq -r '.Parameters[] | select(.Name | endswith("/topology")).Value | fromjson.targetGroupArn // empty' "$dir/parameters.json")
  (($3 == 0)) || mapfile -t refreshes < <(refresh_calls "$dir")
  in_parallel "$dir" \
    "$(report_call "$env")" \
    "instances ec2 describe-instances --filters $filter Name=tag:ha-nat:role,Values=nat" \
    "routes ec2 describe-route-tables --filters $filter" \
    "addresses ec2 describe-addresses --filters $filter" \
    "alarms cloudwatch describe-alarms --alarm-name-prefix ha-nat-$env-" \
    ${target_group:+"targets elbv2 describe-target-health --target-group-arn $target_group"} "${refreshes[@]}"
  [[ -n $target_group ]] || printf 'null' >"$dir/targets.json"
  if ((${#refreshes[@]} == 0)); then printf '[]'; else jq -s . "$dir"/refresh-*.json; fi >"$dir/refreshes.json"
  refuse_failed_report "$env" "$dir"
}

# refresh_calls DIR: a call for each group of the topology.
refresh_calls() {
  jq -r '.Parameters[] | select(.Name | endswith("/topology")).Value | fromjson.zones | to_entries[]
    | "refresh-\(.key) autoscaling describe-instance-refreshes --auto-scaling-group-name \(.value.asgName)"' "$1/parameters.json"
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
    --slurpfile report "$dir/answer.json" --slurpfile alarms "$dir/alarms.json" \
    --slurpfile refreshes "$dir/refreshes.json" >"$dir/verdict.json" ||
    die "the answers cannot be read; the line above says what is missing in them"
}

no_translation_seen() {
  jq -e 'any(.lanes[].checks[]; .check == "snat" and .status == "fail")' "$1/verdict.json" >/dev/null
}

# look_and_judge ENV PLACE DIR WAIT
look_and_judge() {
  look "$1" "$3" "$4"
  judge "$1" "$2" "$3"
  # The agent reads its counters every 2 s: a NAT that has just taken over shows its first packet that much later.
  local deadline=$((SECONDS + COUNTERS_DEADLINE_SECONDS))
  while no_translation_seen "$3" && ((SECONDS < deadline)); do
    ask_report "$1" "$3"
    judge "$1" "$2" "$3"
  done
}

all_right() {
  jq -e .ok "$1/verdict.json" >/dev/null
}

# wait_until_right ENV PLACE DIR SECONDS: looks again until all is right or the time is over; says what it waits for when that changes.
wait_until_right() {
  local deadline=$((SECONDS + $4)) faults said=''
  look_and_judge "$@"
  while ! all_right "$3" && ((SECONDS < deadline)); do
    faults=$(jq -r '[(.lanes[] | .lane as $lane | .checks[] | select(.status == "fail") | "\($lane) \(.check)"),
      (.fleet[] | select(.status == "fail") | "\(.alarm // .check) \(.seen)")] | join("; ")' "$3/verdict.json")
    [[ $faults == "$said" ]] || say "not yet, $((deadline - SECONDS)) s left: $faults"
    said=$faults
    sleep "$LOOK_AGAIN_SECONDS"
    look_and_judge "$@"
  done
}

main() {
  local env='' as_json=false wait=0
  while (($# > 0)); do
    case $1 in
      --json) as_json=true ;;
      --wait)
        shift
        [[ ${1:-} =~ ^[1-9][0-9]{0,3}$ ]] || die "--wait takes seconds, 1 to 9999, got '${1:-nothing}'; $USAGE"
        wait=$1
        ;;
      -h | --help) sed -n '2,/^[^#]/s/^# //p' "${BASH_SOURCE[0]}" && return 0 ;;
      -*) die "unknown option '$1'; $USAGE" ;;
      *)
        [[ -z $env ]] || die "one environment at a time, got '$env' and '$1'"
        env=$1
        ;;
    esac
    shift
  done
  [[ -n $env ]] || die "no environment; $USAGE; allowed: $(known_environments | paste -sd' ' | sed 's/ /, /g'), lab"
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
  wait_until_right "$env" "$place" "$dir" "$wait"
  if [[ $as_json == true ]]; then
    cat "$dir/verdict.json"
  else
    jq -r --from-file "$HERE/lib/verify-table.jq" "$dir/verdict.json"
  fi
  all_right "$dir"
}

main "$@"
