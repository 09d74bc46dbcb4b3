# The verdict of scripts/verify_nat.sh: answers of the AWS CLI in, one document out.
# Status of a check: ok | fail | not evaluated (nothing to judge yet, or the check does not apply). Only `fail` fails.

def check($name; $status; $seen): {check: $name, status: $status, seen: $seen};
def ok($name; $seen): check($name; "ok"; $seen);
def fail($name; $seen): check($name; "fail"; $seen);
def skip($name; $seen): check($name; "not evaluated"; $seen);
def judge($name; $good; $seen): if $good then ok($name; $seen) else fail($name; $seen) end;
def parameter($kind): first($parameters[0].Parameters[] | select(.Name | endswith("/" + $kind)) | .Value | fromjson);

parameter("topology") as $topology
| parameter("peers").peers as $peers
# Not there before the first election.
| ([$parameters[0].Parameters[] | select(.Name | endswith("/state")) | .Value | fromjson][0] // {}) as $state
| [$instances[0].Reservations[].Instances[]] as $nats
| $report[0] as $report

# The lane's default route, or null.
| def default_route($lane):
    first(($routes[0].RouteTables[] | select(.RouteTableId == $lane.routeTableId)
           | .Routes[] | select(.DestinationCidrBlock == "0.0.0.0/0")), null);

  # The instance behind an ENI, or null.
  def nat_of($eni): first(($nats[] | select(any(.NetworkInterfaces[]?; .NetworkInterfaceId == $eni))), null);
  def peer_of($id): first(($peers[] | select(.instanceId == $id)), null);
  def healthz_of($id): first(($report.nats[] | select(.result.instanceId == $id) | .result), null);
  def target_of($id): first((($targets[0].TargetHealthDescriptions // [])[] | select(.Target.Id == $id) | .TargetHealth), null);
  def address_of($allocation): first(($addresses[0].Addresses[] | select(.AllocationId == $allocation)), null);

  # The lane is at the NAT Gateway of its zone: its last resort.
  def at_gateway($lane; $route): $lane.lastResort != null and $route.NatGatewayId == $lane.lastResort.natGatewayId;

  def route_check($lane; $route; $nat):
    if $route == null then fail("route"; "no default route in \($lane.routeTableId)")
    elif $route.State != "active" then fail("route"; "default route of \($lane.routeTableId) is \($route.State)")
    elif at_gateway($lane; $route) then fail("route"; "at the last resort: NAT Gateway \($route.NatGatewayId), no NAT was healthy")
    elif $nat == null then fail("route"; "default route points at \($route.NetworkInterfaceId // $route.GatewayId // $route.NatGatewayId // "an unknown target"), which is no NAT of this fleet")
    elif $nat.State.Name != "running" then fail("route"; "\($nat.InstanceId) is \($nat.State.Name)")
    elif peer_of($nat.InstanceId) == null then fail("route"; "\($nat.InstanceId) is not in service (not in the peers parameter)")
    else ok("route"; $route.NetworkInterfaceId // $nat.InstanceId) end;

  def source_dest_check($nat; $eni):
    if $nat == null then skip("source/dest"; "no NAT serves")
    else (first($nat.NetworkInterfaces[] | select(.NetworkInterfaceId == $eni)) | .SourceDestCheck) as $on
      | judge("source/dest"; $on == false; if $on == false then "off" else "source/destination check is on" end) end;

  # Every address of the lane at home; away, the first one only, on the guest address of the zone that serves.
  def eip_check($lane; $peer; $eni):
    if $peer == null then skip("eip"; "no NAT serves")
    elif $peer.zone == $lane.zone then
      [$lane.addresses[] | . as $want | address_of(.allocationId) as $seen
       | select($seen.PrivateIpAddress != $want.floating or $seen.NetworkInterfaceId != $eni)
       | "\(.publicIp) is on \($seen.PrivateIpAddress // "nothing") (\($seen.NetworkInterfaceId // "no interface")), should be on \(.floating) (\($eni))"] as $wrong
      | if $wrong == [] then ok("eip"; [$lane.addresses[].publicIp] | join(" ")) else fail("eip"; $wrong | join("; ")) end
    elif $lane.guests[$peer.zone] == null then skip("eip"; "the lane has no guest address in \($peer.zone)")
    else $lane.addresses[0] as $want | address_of($want.allocationId) as $seen | $lane.guests[$peer.zone] as $guest
      | judge("eip"; $seen.PrivateIpAddress == $guest and $seen.NetworkInterfaceId == $eni;
          if $seen.PrivateIpAddress == $guest and $seen.NetworkInterfaceId == $eni then $want.publicIp
          else "\($want.publicIp) is on \($seen.PrivateIpAddress // "nothing") (\($seen.NetworkInterfaceId // "no interface")), should be on the guest address \($guest) (\($eni))" end) end;

  def target_check($nat):
    if $topology.targetGroupArn == null then skip("target"; "no load balancer (steering: eip)")
    elif $nat == null then skip("target"; "no NAT serves")
    else target_of($nat.InstanceId) as $seen
      | if $seen == null then fail("target"; "\($nat.InstanceId) is not registered")
        elif $seen.State == "healthy" then ok("target"; "healthy")
        elif $seen.State == "initial" then skip("target"; "initial: \($seen.Reason // "registering")")
        else fail("target"; "\($seen.State): \($seen.Reason // "no reason given")") end end;

  def path_check($seen):
    if $seen == null then fail("path"; "the report has no such lane")
    elif $seen.prober != "answered" then fail("path"; "the egress-prober failed: \($seen.error // "no error given")")
    elif ($seen.results | length) == 0 then fail("path"; "nothing was probed")
    else [$seen.results[] | select(.ok | not) | "\(.check) \(.target): \(.error // "failed")"] as $failures
      | if $failures == [] then ok("path"; "\($seen.results | length) probes") else fail("path"; $failures | join("; ")) end end;

  def self_probe_check($nat):
    if $nat == null then skip("self-probe"; "no NAT serves")
    else healthz_of($nat.InstanceId) as $seen
      | if $seen == null or $seen.outcome == "unasked" then fail("self-probe"; "\($nat.InstanceId) was not asked")
        elif $seen.outcome != "answered" then fail("self-probe"; "healthz of \($nat.InstanceId): \($seen.outcome): \($seen.error // "")")
        elif $seen.healthz.healthy and $seen.healthz.selfProbe.ok then ok("self-probe"; "\($seen.healthz.selfProbe.lastLatencyMs // "?") ms")
        else fail("self-probe"; $seen.healthz.reasons + (if $seen.healthz.selfProbe.ok then [] else ["self-probe fails"] end) | unique | join("; ")) end end;

  # Flows that the serving NAT translated for this lane (the counter sees the first packet of each); null when its healthz was not answered.
  def translated($lane; $nat):
    if $nat == null then null else healthz_of($nat.InstanceId)
      | if .outcome != "answered" then null
        else [.healthz.counters | to_entries[] | select(.key == "snat_\($lane.lane)" or (.key | startswith("snat_\($lane.lane)_"))) | .value.packets] | add // 0 end end;

  def snat_check($lane; $nat):
    translated($lane; $nat) as $packets
    | if $packets == null then skip("snat"; "no counters")
      else judge("snat"; $packets > 0; if $packets > 0 then $packets else "no flow of this lane was translated" end) end;

  def egress_check($lane; $route; $peer; $seen):
    (if at_gateway($lane; $route) then [$lane.lastResort.publicIp]
     elif $peer == null or $peer.zone == $lane.zone then [$lane.addresses[].publicIp] else [$lane.addresses[0].publicIp] end) as $want
    | if ($seen.publicAddress // null) == null then fail("egress"; "the public address seen by the internet was not learned")
      elif $want | index($seen.publicAddress) then ok("egress"; $seen.publicAddress)
      elif $peer != null and $peer.zone != $lane.zone and $lane.guests[$peer.zone] == null
      then skip("egress"; "\($seen.publicAddress): the lane gave up its address (guests: false)")
      else fail("egress"; "the internet sees \($seen.publicAddress), should be \($want | join(" or "))") end;

  def alarm_checks:
    if ($alarms[0].MetricAlarms | length) == 0 then [fail("alarms"; "no alarm is named ha-nat-\($env)-*")]
    else [$alarms[0].MetricAlarms[] | {
      check: "alarm", alarm: .AlarmName,
      status: ({OK: "ok", ALARM: "fail"}[.StateValue] // "not evaluated"), seen: .StateValue
    }] end;

  # What is judged here may be about to leave, or may not be what was last applied. Only looked at by who waits.
  def refresh_checks:
    [$refreshes[0][].InstanceRefreshes
     | first((.[] | select(.Status | test("^(Pending|InProgress|Cancelling|RollbackInProgress|Baking)$"))), (sort_by(.StartTime) | last))
     | select(. != null)
     | "\(.AutoScalingGroupName): \(.Status)" as $seen
     | if .Status == "Successful" then ok("refresh"; $seen)
       elif .EndTime == null then fail("refresh"; "\($seen), \(.PercentageComplete // 0) %")
       else fail("refresh"; "\($seen)\(if .StatusReason then " (\(.StatusReason))" else "" end); start it anew with aws autoscaling start-instance-refresh") end];

  # An operator's word, not a fault; but who wonders why nothing moves must read it here.
  def hold_checks:
    if $state.hold == null or $state.hold.until <= (now | todate) then []
    else [skip("hold"; "nothing moves by itself: held by \($state.hold.by) until \($state.hold.until): \($state.hold.because)")] end;

  def leaving_checks:
    [($state.leaving // {}) | to_entries[] | .key as $id
     | skip("leaving"; "\(peer_of($id).name // $id) \($id) leaves since \(.value)" +
         ($state.notices[$id] | if . == null then "" else ": \(.because), by \(.by)" end) +
         ($state.notices[$id].lasting | if . == null then "" else "; after that \(.because), by \(.by)" end))];

  [$topology.lanes[] | . as $lane
   | default_route($lane) as $route
   | ($route.NetworkInterfaceId // null) as $eni
   | (if $eni == null then null else nat_of($eni) end) as $nat
   | (if $nat == null then null else peer_of($nat.InstanceId) end) as $peer
   | first(($report.lanes[] | select(.lane == $lane.lane)), null) as $seen
   | {
       lane: .lane, zone: .zone, instanceId: ($nat.InstanceId // null), nat: ($peer.name // (if at_gateway(.; $route) then $route.NatGatewayId else null end)),
       away: ($peer != null and $peer.zone != .zone),
       checks: [
         route_check($lane; $route; $nat), source_dest_check($nat; $eni), eip_check($lane; $peer; $eni), target_check($nat),
         path_check($seen), self_probe_check($nat), snat_check($lane; $nat), egress_check($lane; $route; $peer; $seen)
       ]
     }] as $lanes
| (alarm_checks + refresh_checks + hold_checks + leaving_checks) as $fleet
| [($lanes[].checks[], $fleet[]) | .status] as $all
| {
    schema: 1, env: $env, place: $place, region: $region, account: $identity[0].Account, at: $report.at,
    ok: (($lanes | length) > 0 and all($all[]; . != "fail")),
    counts: {ok: ([$all[] | select(. == "ok")] | length), failed: ([$all[] | select(. == "fail")] | length), notEvaluated: ([$all[] | select(. == "not evaluated")] | length)},
    lanes: $lanes, fleet: $fleet
  }
