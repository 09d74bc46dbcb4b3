# shellcheck shell=bash
# Calls of the AWS CLI (version 1 or 2), many at a time, each answer in a file. Source after common.sh.

export AWS_PAGER='' AWS_MAX_ATTEMPTS="${AWS_MAX_ATTEMPTS:-3}"

# aws_json DIR NAME ARGUMENTS...: one call, made in DIR; its answer in NAME.json, the CLI's own words in NAME.json.error.
# The endpoint is passed as an option: AWS CLI 2.9 (Debian 12) does not read AWS_ENDPOINT_URL.
aws_json() {
  local name=$2
  cd "$1" || return
  shift 2
  aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} --output json --cli-connect-timeout 5 --cli-read-timeout 60 \
    "$@" >"$name.json" 2>"$name.json.error"
}

# in_parallel DIR "NAME ARGUMENTS..."...: all calls at once, answers in DIR/NAME.json; dies naming each call that failed.
in_parallel() {
  local dir=$1 call name pids=() names=() failed='' i
  shift
  for call in "$@"; do
    name=${call%% *}
    # shellcheck disable=SC2086 # one word per argument; none of them has blanks
    aws_json "$dir" "$name" ${call#* } &
    pids+=($!)
    names+=("$name")
  done
  for i in "${!pids[@]}"; do
    wait "${pids[i]}" || failed+="${failed:+; }${names[i]}: $(tr '\n' ' ' <"$dir/${names[i]}.json.error" | head -c 300)"
  done
  [[ -z $failed ]] || die "the AWS CLI failed: $failed"
}

# choose_region ENV: the region that the stack was synthesised for, else the caller's, else us-east-1.
choose_region() {
  local stack="$HA_NAT_ROOT/cdktf.out/stacks/$1/cdk.tf.json" region=''
  [[ ! -r $stack ]] || region=$(jq -r '.provider.aws[0].region // empty' "$stack")
  export AWS_REGION="${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}}"
  export AWS_DEFAULT_REGION="$AWS_REGION"
}

# expected_account ENV: HA_NAT_ACCOUNT_ID_<ENV>, else the account that the synthesised provider is tied to, else nothing.
expected_account() {
  local stack="$HA_NAT_ROOT/cdktf.out/stacks/$1/cdk.tf.json" name
  name="HA_NAT_ACCOUNT_ID_$(tr '[:lower:]-' '[:upper:]_' <<<"$1")"
  if [[ -n ${!name:-} ]]; then
    printf '%s' "${!name}"
  elif [[ -r $stack ]]; then
    jq -r '.provider.aws[0].allowed_account_ids[0] // empty' "$stack"
  fi
}

# refuse_wrong_account ENV ACCOUNT: the guard against looking at (or changing) the wrong account.
refuse_wrong_account() {
  local expected
  expected=$(expected_account "$1")
  [[ -z $expected || $expected == "$2" ]] ||
    die "wrong account: the credentials belong to $2, '$1' lives in $expected; change the profile, or HA_NAT_ACCOUNT_ID_$(tr '[:lower:]-' '[:upper:]_' <<<"$1")"
}

# enter_lab: endpoint, region and keys of the lab that is up ($HA_NAT_LAB_ENV says which, where more than one is); sets LAB_ENV.
# Forgets the caller's own credentials.
enter_lab() {
  local answer command
  # shellcheck disable=SC2206 # a command line in one variable
  command=(${HA_NAT_LAB_COMMAND:-npm run --silent --prefix "$HA_NAT_ROOT" lab --})
  answer=$("${command[@]}" endpoint --json ${HA_NAT_LAB_ENV:+--env "$HA_NAT_LAB_ENV"}) || die "no lab answers; bring one up with: npm run lab -- up test"
  jq -es '.[0] | .endpoint and .env and .accessKeyId and .secretAccessKey' >/dev/null <<<"$answer" ||
    die "lab endpoint answered something else than an endpoint: $(head -c 200 <<<"$answer")"
  unset AWS_PROFILE AWS_SESSION_TOKEN
  export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
  LAB_ENV=$(jq -r .env <<<"$answer")
  AWS_ENDPOINT_URL=$(jq -r .endpoint <<<"$answer")
  AWS_REGION=$(jq -r '.region // "us-east-1"' <<<"$answer")
  AWS_ACCESS_KEY_ID=$(jq -r .accessKeyId <<<"$answer")
  AWS_SECRET_ACCESS_KEY=$(jq -r .secretAccessKey <<<"$answer")
  export LAB_ENV AWS_ENDPOINT_URL AWS_REGION AWS_DEFAULT_REGION="$AWS_REGION" AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
}
