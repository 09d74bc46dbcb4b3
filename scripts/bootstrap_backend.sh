#!/usr/bin/env bash
# Creates the bucket that holds the Terraform state of ENV, as backends/backend-<env>.hcl names it: versioned, encrypted with
# keys of S3 (SSE-S3, AES256), not public, TLS only. Idempotent: run it again and nothing changes. Locking is Terraform's own, in the same bucket.
# Usage: scripts/bootstrap_backend.sh ENV; credentials from the AWS CLI's usual places. Exit 2: nothing, or not all of it, was done.
set -Eeuo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$HERE/lib/common.sh"
source "$HERE/lib/aws.sh"

# backend_value FILE KEY: value of `key = "value"`.
backend_value() {
  sed -n "s/^[[:space:]]*$2[[:space:]]*=[[:space:]]*\"\([^\"]*\)\".*/\1/p" "$1"
}

# call WORDS...: one AWS CLI call; dies with the CLI's own words.
call() {
  local answer
  answer=$(aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} --region "$AWS_REGION" --output json "$@" 2>&1) ||
    die "aws $1 $2 failed: $answer"
  printf '%s' "$answer"
}

# bucket_exists NAME: ours and there, or not there; anything else (403: somebody else's) dies.
bucket_exists() {
  local answer
  answer=$(aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} --region "$AWS_REGION" s3api head-bucket --bucket "$1" 2>&1) && return 0
  [[ $answer == *404* || $answer == *"Not Found"* ]] || die "bucket $1 cannot be used: $answer; choose another name in backends/"
  return 1
}

tls_only_policy() {
  jq -n --arg arn "arn:aws:s3:::$1" '{Version: "2012-10-17", Statement: [{
    Sid: "TlsOnly", Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [$arn, "\($arn)/*"],
    Condition: {Bool: {"aws:SecureTransport": "false"}}}]}'
}

main() {
  local env=${1:-} file bucket region
  (($# == 1)) || die "usage: bootstrap_backend.sh ENV; allowed: $(known_environments | paste -sd' ')"
  require_environment "$env"
  file="$HA_NAT_ROOT/backends/backend-$env.hcl"
  bucket=$(backend_value "$file" bucket)
  region=$(backend_value "$file" region)
  [[ -n $bucket && -n $region ]] || die "$file names no bucket or no region; write: bucket = \"...\" and region = \"...\""
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region
  refuse_wrong_account "$env" "$(call sts get-caller-identity | jq -r .Account)"

  if bucket_exists "$bucket"; then
    say "$bucket is there"
  elif [[ $region == us-east-1 ]]; then
    # The one region that S3 does not accept as a location constraint.
    call s3api create-bucket --bucket "$bucket" >/dev/null
  else
    call s3api create-bucket --bucket "$bucket" --create-bucket-configuration "LocationConstraint=$region" >/dev/null
  fi
  call s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true >/dev/null
  call s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled >/dev/null
  # Terraform's `encrypt` without a key asks for AES256 with every object, whatever the default: KMS here would only look like KMS.
  call s3api put-bucket-encryption --bucket "$bucket" --server-side-encryption-configuration \
    '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}' >/dev/null
  call s3api put-bucket-policy --bucket "$bucket" --policy "$(tls_only_policy "$bucket")" >/dev/null
  say "$bucket in $region is ready for the state of $env"
}

main "$@"
