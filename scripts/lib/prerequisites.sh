# shellcheck shell=bash
# What a fresh Debian or Ubuntu needs. Source after common.sh. Nothing of ours is written outside the work tree:
# caches of npm, jest, tsx and CDKTF, and temporary files, go under .lab/cache.

# command:package. Lines of the first list are needed by the lab, of the second by the checks.
# shellcheck disable=SC2034 # read by scripts/demo and scripts/test
readonly LAB_PACKAGES="nft:nftables conntrack:conntrack ip:iproute2 ping:iputils-ping jq:jq curl:curl aws:awscli unshare:util-linux openssl:openssl python3:python3"
# shellcheck disable=SC2034 # read by scripts/test
readonly CHECK_PACKAGES="shellcheck:shellcheck shfmt:shfmt git:git"
readonly MINIMUM_NODE=20

# keep_state_in_work_tree: exports the seams of the tools that would otherwise write to $HOME or /tmp.
keep_state_in_work_tree() {
  local cache="$HA_NAT_ROOT/.lab/cache"
  mkdir -p "$cache/tmp"
  export CDKTF_HOME="$cache/cdktf" CHECKPOINT_DISABLE=1 CI="${CI:-1}"
  export npm_config_cache="${npm_config_cache:-$cache/npm}" npm_config_update_notifier=false
  export TMPDIR="$cache/tmp" AWS_EC2_METADATA_DISABLED=true
}

# missing_packages "COMMAND:PACKAGE ...": packages whose command is not there, on one line.
missing_packages() {
  local pair missing=()
  for pair in $1; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [[ -e ${HA_NAT_CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt} ]] || missing+=(ca-certificates)
  printf '%s' "${missing[*]}"
}

# ensure_packages "COMMAND:PACKAGE ...": installs what is missing, or names it in one line and exits 2. Never asks.
ensure_packages() {
  local missing as_root=()
  missing=$(missing_packages "$1")
  [[ -n $missing ]] || return 0
  if ((EUID != 0)); then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      die "missing Debian packages; install them with: apt-get install -y $missing"
    fi
  fi
  command -v apt-get >/dev/null || die "missing programs and no apt-get; install what provides: $missing"
  say "installing Debian packages: $missing"
  "${as_root[@]}" apt-get update -qq >&2 || warn "apt-get update failed; trying with the package lists at hand"
  # shellcheck disable=SC2086 # one word per package
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 ||
    die "apt-get could not install: $missing (Ubuntu 24.04 has no awscli package: put AWS CLI 1 or 2 on PATH by other means)"
  missing=$(missing_packages "$1")
  [[ -z $missing ]] || die "still missing after apt-get install: $missing"
}

ensure_node() {
  local version
  command -v node >/dev/null || die "node is not on PATH; install Node.js >= $MINIMUM_NODE (nodejs.org)"
  version=$(node --version)
  version=${version#v}
  ((${version%%.*} >= MINIMUM_NODE)) || die "node is $version; Node.js >= $MINIMUM_NODE is needed"
}

# packages_are_current: node_modules holds every version that package-lock.json names.
packages_are_current() {
  local have=$HA_NAT_ROOT/node_modules/.package-lock.json
  [[ -e $have ]] && jq -en --slurpfile want "$HA_NAT_ROOT/package-lock.json" --slurpfile have "$have" '
    [$want[0].packages | to_entries[] | select(.key != "" and (.value.optional // .value.devOptional // false | not))
     | select($have[0].packages[.key].version != .value.version)] == []' >/dev/null
}

ensure_node_modules() {
  packages_are_current && return 0
  say "installing npm packages (npm ci)"
  (cd "$HA_NAT_ROOT" && npm ci --no-audit --no-fund --loglevel=error >&2) ||
    die "npm ci failed; the lines above say why (no network, or a registry that lacks a pinned version?)"
}

# ensure_prerequisites "COMMAND:PACKAGE ...": all of the above, in the order in which they depend on each other.
ensure_prerequisites() {
  ensure_packages "$1"
  ensure_node
  keep_state_in_work_tree
  ensure_node_modules
}
