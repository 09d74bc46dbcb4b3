#!/usr/bin/env bash
# Plans ENV with whatever (read-only) credentials there are. Writes into DIR: <env>.tfplan, <env>.digest (what the plan
# belongs to) and <env>.md (the comment). The plan's JSON, which may hold secrets, never touches the disk.
# Usage: scripts/ci/plan.sh ENV DIR. HA_NAT_PLAN_ROLE empty: says in the comment that nothing was planned, exit 0.
set -Eeuo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  local env=${1:-} dir=${2:-} stack commit=${GITHUB_SHA:-unknown} status=0
  [[ -n $env && -n $dir ]] || die "usage: plan.sh ENV DIR"
  require_environment "$env"
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  stack=$(stack_of "$env")
  if [[ -z ${HA_NAT_PLAN_ROLE:-} ]]; then
    printf '<!-- ha-nat plan %s -->\n### Plan for %s: not planned\n\nThe repository has no variable HA_NAT_PLAN_ROLE_%s.\n' \
      "$env" "$env" "${env^^}" >"$dir/$env.md"
    warn "$env: not planned: HA_NAT_PLAN_ROLE_${env^^} is not set"
    return 0
  fi
  terraform -chdir="$stack" init >&2
  # A read-only role cannot write the lock. Safe: a plan changes nothing, and apply refuses a plan whose state has moved on.
  terraform -chdir="$stack" plan -lock=false -detailed-exitcode -out="$dir/$env.tfplan" >&2 || status=$?
  ((status == 0 || status == 2)) || die "terraform plan of $env failed (exit $status)"
  stack_digest "$env" >"$dir/$env.digest"
  terraform -chdir="$stack" show -json "$dir/$env.tfplan" |
    (cd "$HA_NAT_ROOT" && node --import tsx scripts/ci/render-plan.ts "$env" "$commit") >"$dir/$env.md"
  say "$env: planned"
}

main "$@"
