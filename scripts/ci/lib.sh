# shellcheck shell=bash
# Shared by the pipeline's scripts. Source after `set -Eeuo pipefail`.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1

# stack_of ENV: directory of the synthesised stack.
stack_of() {
  local stack="$HA_NAT_ROOT/cdktf.out/stacks/$1"
  [[ -r $stack/cdk.tf.json ]] || die "$stack/cdk.tf.json is missing; run: npm run synth"
  printf '%s' "$stack"
}

# stack_digest ENV: what a plan belongs to: the stack as synthesised, and the bundles it refers to.
stack_digest() {
  local stack
  stack=$(stack_of "$1")
  {
    sha256sum <"$stack/cdk.tf.json"
    [[ ! -r $HA_NAT_ROOT/dist/manifest.json ]] || sha256sum <"$HA_NAT_ROOT/dist/manifest.json"
  } | sha256sum | cut -d' ' -f1
}
