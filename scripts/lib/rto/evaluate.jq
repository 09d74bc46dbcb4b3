# What the measured moves say: observations of scripts/measure_rto.sh in, one document out. Argument `runs`: one document a move.
# An assumption is `not held` only when the observation can have no other cause; what could not be seen is `not tested`.

# Milliseconds. "Seconds" of A2 and A5: others saw 5 to 6 s for an Elastic IP. A stall beyond $lost counts as lost for A1.
def within_seconds: 10000;

def held($seen): {verdict: "held", seen: $seen};
def not_held($seen): {verdict: "not held", seen: $seen};
def not_tested($seen): {verdict: "not tested", seen: $seen};

# Nearest rank: every figure is one that was measured.
def percentile($p): sort | if length == 0 then null else .[([1, (length * $p / 100 | ceil)] | max) - 1] end;
def distribution: map(select(. != null)) | {n: length, p50: percentile(50), p99: percentile(99), worst: max};
def text: if .n == 0 then "none seen" elif .n == 1 then "\(.worst) ms" else "\(.p50) ms median, \(.worst) ms worst of \(.n)" end;
def nat($snapshot; $id): first(($snapshot.nats[] | select(.instanceId == $id)), null);
def lane_of($snapshot; $name): first($snapshot.lanes[] | select(.lane == $name));
def is_move: .failed == null and .skipped == null and .case != "blackhole";
def kinds: ["echo", "push", "udpPush"];
def server_speaks: ["push", "udpPush"];
def opened($names): [.probe.flows[$names[]].opened] | add;
def survived($names): [.probe.flows[$names[]].survived] | add;
def stalls($names): [.probe.flows[$names[]].stallMs[]];

# The probe's clock is the instance's, the rest is this machine's: what joins them is dropped once they are seen to differ.
def clocks_agree: .probe.startedAt >= .sentAt - 50 and .probe.endedAt <= .answeredAt + 50;

def derive:
  . as $run
  | lane_of(.before; .lane) as $was
  | lane_of(.after; .lane) as $is
  | (if .case == "blackhole" then $is.servedBy else .to end) as $to
  | (nat(.after; $to) // nat(.before; $to)) as $target
  | clocks_agree as $clocks
  | . + {
      to: $to, clocksAgree: $clocks, sameZone: ($target.zone == nat(.before; .from).zone),
      publicIps: [$was.addresses[].publicIp],
      # Until the end of the first answer that shows it: an upper bound, by the spacing of the polls at most.
      routeApiMs: (first(.polls[] | select(.routeEni != null and .routeEni == $target.eniId)) // null | if . then .endedAt - $run.askedAt else null end),
      addressApiMs: (first(.polls[] | select(.addressEni != null and .addressEni == $target.eniId)) // null | if . then .endedAt - $run.askedAt else null end),
      routePacketMs: (first(.probe.nats[] | select($clocks and .instanceId == $to and .at >= $run.askedAt)) // null
        | if . then .at - $run.askedAt else null end),
      resumedPacketMs: ([.probe.flows[].resumedAt | select(. != null)] | max | if . and $clocks and . >= $run.askedAt then . - $run.askedAt else null end)
    };

def a1($moves):
  ["A1", "an untracked security group passes packets of a flow that its interface never saw"] + [
    [$moves[] | select(.sameZone and opened(server_speaks) > 0)] as $all
    | [$all[] | select(nat(.before; .to).replication == "synced")] as $ours
    | [$ours[] | select(survived(server_speaks) < opened(server_speaks))] as $broken
    | [$broken[] | select(opened(["echo"]) > 0 and survived(["echo"]) == opened(["echo"]))] as $blamed
    | if $all == [] then not_tested("no move within a zone with connections in which only the server speaks (--peer, cases push and handover)")
      elif $ours == [] then not_tested("the NAT that took over held no copies of the connections (replication \([$all[] | nat(.before; .to).replication // "unknown"] | unique | join(", ")))")
      elif $blamed != [] then
        not_held("\([$blamed[] | opened(server_speaks) - survived(server_speaks)] | add) of \([$blamed[] | opened(server_speaks)] | add) connections in which only the server speaks stopped, while all \([$blamed[] | opened(["echo"])] | add) in which the client speaks went on")
      elif $broken != [] then
        not_tested("connections in which the client speaks broke as well (\([$broken[] | survived(["echo"])] | add) of \([$broken[] | opened(["echo"])] | add) left), so the server's silence says nothing of the security group")
      else held("\([$ours[] | survived(server_speaks)] | add) of \([$ours[] | opened(server_speaks)] | add) connections in which only the server speaks (TCP and UDP) went on over \($ours | length) moves, stall \([$ours[] | stalls(server_speaks)[]] | distribution | text)") end];

def a2($moves):
  ["A2", "moving an address or a route takes effect within seconds"] + [
    ([$moves[] | .routeApiMs] | distribution) as $route
    | ([$moves[] | .addressApiMs] | distribution) as $address
    | ([$moves[] | .routePacketMs] | distribution) as $packet
    | "from the request: route \($route | text), address \($address | text), as EC2 describes them; route \($packet | text), as packets go" as $seen
    | if $route.n == 0 and $address.n == 0 then not_tested("no lane was moved")
      elif [$route, $address, $packet | .worst // 0] | max > within_seconds then not_held("\($seen); more than \(within_seconds) ms")
      else held($seen) end];

def a3($moves):
  ["A3", "an address that the NAT does not hold is delivered to the interface that owns it"] + [
    [$moves[] | select(.sameZone) | . as $run | lane_of(.after; .lane).addresses[0] as $address
     | select($address.on == $address.floating and $address.eniId == nat($run.after; $run.to).eniId and $address.on != nat($run.after; $run.to).address)] as $ours
    | [$ours[] | select(.probe.fresh.addressAfter == null)] as $deaf
    | [$ours[] | . as $run | select(.probe.fresh.addressAfter != null and (.publicIps | index($run.probe.fresh.addressAfter) | not))] as $other
    | if $ours == [] then not_tested("no floating address came to another NAT of its zone")
      elif $deaf != [] then not_held("after \($deaf | length) of \($ours | length) moves no new connection was answered, although EC2 has the floating address on the NAT")
      elif $other != [] then not_held("new connections left from \([$other[].probe.fresh.addressAfter] | unique | join(", ")), which is none of the lane's addresses")
      else held("new connections were answered from \([$ours[].probe.fresh.addressAfter] | unique | join(", ")) after each of \($ours | length) moves of the floating address") end];

def a4($moves):
  ["A4", "the automatically assigned public address stays when a secondary address gets an Elastic IP"] + [
    [$moves[] | . as $run | .from, .to | {id: ., was: nat($run.before; .), is: nat($run.after; .)} | select(.was.publicAddress != null and .was.publicOwner == "amazon" and .is != null)] as $ours
    | [$ours[] | select(.is.publicAddress != .was.publicAddress)] as $changed
    | [$ours[] | select(.is.ping != "Online")] as $silent
    | if $ours == [] then not_tested("no NAT with a public address that EC2 assigned had a lane moved to or from it")
      elif $changed != [] then not_held([$changed[] | "\(.id) had \(.was.publicAddress), has \(.is.publicAddress // "none")"] | unique | join("; "))
      elif $silent != [] then not_held("the addresses stayed, but Systems Manager does not reach \([$silent[].id] | unique | join(", "))")
      else held("\([$ours[].id] | unique | length) NATs kept their address through \($moves | length) moves, and Systems Manager reaches them") end];

def a5($moves):
  ["A5", "an Elastic IP moves to another zone's interface within seconds"] + [
    [$moves[] | select(.sameZone | not)] as $all
    | [$all[] | . as $run | lane_of(.before; .lane) as $lane | nat(.before; .to) as $target | select($target.zone == $lane.zone or $lane.guests[$target.zone] != null)] as $ours
    | [$ours[] | . as $run | select(.addressApiMs == null or .addressApiMs > within_seconds or (.publicIps | index($run.probe.fresh.addressAfter // "") | not))] as $bad
    | if $ours == [] then not_tested("no lane was moved to another zone (case zone; needs guests)")
      elif $bad != [] then not_held([$bad[] | "to \(.to): address after \(.addressApiMs // "no") ms, the internet then saw \(.probe.fresh.addressAfter // "nothing")"] | join("; "))
      else held("\($ours | length) moves between zones, address \([$ours[].addressApiMs] | distribution | text), public address the same") end];

def a6($runs):
  ["A6", "invocation and response of a function in the VPC do not use the VPC's path"] + [
    [$runs[] | select(.case == "blackhole" and .failed == null) | .probers[]] as $asked
    | [$asked[] | select(.answered and .broken)] as $through
    | [$asked[] | select(.answered | not)] as $silent
    | if $asked == [] then not_tested("only seen while a lane leads nowhere (case blackhole)")
      elif $through != [] then held("\($through | length) times the lane's egress-prober answered that its path is broken")
      elif $silent != [] then not_held("\($silent | length) invocations of the lane's egress-prober failed while the lane led nowhere: \([$silent[].error] | unique | join("; "))")
      else not_tested("no invocation of the egress-prober fell into the outage") end];

def a7($runs):
  ["A7", "an Auto Scaling group of type EC2 leaves instances alone whatever the load balancer says"] + [
    [$runs[] | (.before, .after) as $snapshot | select($snapshot != null) | $snapshot.nats[] | select(.target == "unhealthy" and .state == "running")
     | select(.instanceId as $id | $snapshot.marked | index($id) | not)] as $seen
    | [$seen[] | select(.groupHealth != "HEALTHY")] as $condemned
    | if $seen == [] then not_tested("the load balancer called no running NAT unhealthy while this ran")
      elif $condemned != [] then not_held("\([$condemned[].instanceId] | unique | join(", ")): unhealthy for the load balancer, \([$condemned[].groupHealth // "gone"] | unique | join(", ")) for its group, and nat-route-failover had not marked it")
      else held("\([$seen[].instanceId] | unique | join(", ")): unhealthy for the load balancer, healthy for its group") end];

def figures:
  {
    case: .[0].case,
    moves: ([.[] | select(.failed == null and .skipped == null)] | length),
    failed: [.[].failed | select(. != null)], skipped: [.[].skipped | select(. != null)],
    flows: ([.[] | select(.probe != null)] as $ran | [kinds[] as $kind | {kind: $kind, opened: ([$ran[] | opened([$kind])] | add // 0), survived: ([$ran[] | survived([$kind])] | add // 0),
      ended: ([$ran[].probe.flows[$kind].ended[]] | unique), stallMs: ([$ran[] | stalls([$kind])[]] | distribution)}]),
    newConnections: {
      attempts: ([.[].probe.fresh.attempts // 0] | add), failed: ([.[].probe.fresh.failed // 0] | add),
      outageMs: ([.[].probe.fresh.outageMs] | distribution), publicAddresses: ([.[].probe.fresh.addresses[]?] | unique)
    },
    lostDatagrams: ([.[].probe.flows.udpPush.lost // 0] | add),
    remapMs: {
      routeApi: ([.[].routeApiMs] | distribution), addressApi: ([.[].addressApiMs] | distribution),
      routePacket: ([.[].routePacketMs] | distribution), resumed: ([.[].resumedPacketMs] | distribution)
    }
  };

# A connection that never opened says nothing of the move.
def whole:
  [kinds[] as $kind | .probe.flows[$kind] | select(.opened < .asked) | "\(.opened) of \(.asked) \($kind) connections opened\(if .ended == [] then "" else ": " + (.ended | join("; ")) end)"] as $missing
  | if $missing == [] then . else .failed = ($missing | join("; ")) end;

[$runs[] | if .failed == null and .skipped == null then whole else . end | if .failed == null and .skipped == null then derive else . end] as $all
| [$all[] | select(is_move)] as $moves
| [a1($moves), a2($moves), a3($moves), a4($moves), a5($moves), a6($all), a7($all) | {id: .[0], assumed: .[1]} + .[2]] as $assumptions
| {
    schema: 1, env: $env, place: $place, region: $region, account: $account, at: $at, lane: $lane, probe: $probe, peer: (if $peer == "" then null else $peer end),
    ok: (all($assumptions[]; .verdict != "not held") and all($all[]; .failed == null) and any($all[]; .skipped == null)),
    clocksAgree: all($all[] | select(has("clocksAgree")); .clocksAgree),
    cases: [reduce ($all[] | .case) as $case ([]; if index($case) then . else . + [$case] end) | .[] as $case | [$all[] | select(.case == $case)] | figures],
    assumptions: $assumptions,
    runs: [$all[] | del(.before, .after)]
  }
