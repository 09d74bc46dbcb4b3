# shellcheck shell=bash
# The weight of a session, by which Linux shares out the cores before it does by process (sched_autogroup). Source it.

# weigh_session NICE: as nice(1) counts, for this session. Where the kernel knows no such weights, nothing is done. Of everybody but root
# it takes one such order in a tenth of a second, whoever's it is, and refuses the others (EAGAIN): asks until it is heard, for 3 s.
weigh_session() {
  local tries
  for ((tries = 0; tries < 30; tries++)); do
    [[ -w /proc/self/autogroup ]] || return 0
    ! echo "$1" 2>/dev/null >/proc/self/autogroup || return 0
    sleep 0.1
  done
}
