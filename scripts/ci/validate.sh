#!/usr/bin/env bash
# `terraform validate` of every synthesised stack, without an account; a warning fails too.
set -Eeuo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  local env stack answer status=0
  while read -r env; do
    stack=$(stack_of "$env")
    terraform -chdir="$stack" init -backend=false >&2
    answer=$(terraform -chdir="$stack" validate -json) || true
    # Slurped: jq 1.6 calls no input at all a success.
    if jq -es '.[0] | .valid and (.diagnostics | length == 0)' >/dev/null <<<"$answer"; then
      say "$env: valid"
    else
      say "$env: not valid"
      jq -r --arg env "$env" '.diagnostics[] | "\($env): \(.severity): \(.summary): \(.detail)"' <<<"$answer"
      status=1
    fi
  done < <(known_environments)
  return "$status"
}

main "$@"
