#!/bin/bash
# First boot of a NAT. Any failure powers off, which terminates the instance: there is no half-configured NAT.
set -Eeuo pipefail
trap '(($? == 0)) || { echo "ha-nat: user data failed; leaving service" >&2; systemctl poweroff; }' EXIT
home=${HA_NAT_HOME:-/opt/ha-nat}
mkdir -p "$home/etc"
cat >"$home/etc/nat.json" <<'HA_NAT_CONFIG'
@NAT_CONFIG@
HA_NAT_CONFIG
missing=()
for need in aws:awscli-2 nft:nftables conntrack:conntrack-tools ip:iproute jq:jq python3:python3 node:nodejs22; do
  command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
((${#missing[@]} == 0)) || dnf install --assumeyes --quiet "${missing[@]}"
export AWS_METADATA_SERVICE_NUM_ATTEMPTS=10
aws s3 cp --region '@REGION@' --only-show-errors '@ARTIFACT_URI@' "$home/payload.tar.gz"
echo "@ARTIFACT_SHA256@  $home/payload.tar.gz" | sha256sum --check --quiet
tar --extract --gzip --no-same-owner --file "$home/payload.tar.gz" --directory "$home"
"$home/bin/nat-install"
