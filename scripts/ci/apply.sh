#!/usr/bin/env bash
# Applies the plan of ENV that DIR holds, and only that: what was approved is what is applied.
# Usage: scripts/ci/apply.sh ENV DIR. Refuses a plan of other bytes than the stack and the bundles synthesised here.
set -Eeuo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  local env=${1:-} dir=${2:-} stack planned here
  [[ -n $env && -n $dir ]] || die "usage: apply.sh ENV DIR"
  require_environment "$env"
  [[ -r $dir/$env.tfplan && -r $dir/$env.digest ]] || die "$dir holds no plan of $env; run scripts/ci/plan.sh $env $dir first"
  dir=$(cd "$dir" && pwd)
  stack=$(stack_of "$env")
  planned=$(<"$dir/$env.digest")
  here=$(stack_digest "$env")
  [[ $planned == "$here" ]] || die "the plan belongs to other bytes (${planned:0:12}) than the stack here (${here:0:12}); plan and approve again"
  terraform -chdir="$stack" init >&2
  terraform -chdir="$stack" apply -lock-timeout=5m "$dir/$env.tfplan" >&2
  say "$env: applied"
}

main "$@"
