#!/usr/bin/env bash
# Puts each FILE on a pull request as a comment, updating the one whose first line is the same.
# Usage: scripts/ci/comment.sh REPOSITORY NUMBER FILE...; needs gh with GH_TOKEN.
set -Eeuo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
  local repository=${1:-} number=${2:-} file marker id
  (($# >= 3)) || die "usage: comment.sh REPOSITORY NUMBER FILE..."
  [[ $repository =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ ]] || die "not a repository: '$repository'; the form is owner/name"
  [[ $number =~ ^[0-9]+$ ]] || die "not a pull request number: '$number'"
  shift 2
  for file in "$@"; do
    [[ -s $file ]] || die "$file is missing or empty"
    marker=$(head -n 1 "$file")
    [[ $marker == '<!-- ha-nat plan '* ]] || die "$file does not start with a plan marker"
    id=$(gh api --paginate "repos/$repository/issues/$number/comments" |
      jq -rs --arg marker "$marker" 'first(.[][] | select(.user.type == "Bot" and (.body | startswith($marker))) | .id) // empty')
    if [[ -n $id ]]; then
      gh api --method PATCH "repos/$repository/issues/comments/$id" --field "body=@$file" >/dev/null
      say "updated comment $id from ${file##*/}"
    else
      gh api --method POST "repos/$repository/issues/$number/comments" --field "body=@$file" >/dev/null
      say "commented ${file##*/}"
    fi
  done
}

main "$@"
