# Where every lane and every NAT stands at one moment: answers of the AWS CLI in, one document out. Arguments: at (ms), the files.

def parameter($kind): first($parameters[0].Parameters[] | select(.Name | endswith("/" + $kind)) | .Value | fromjson);
def default_route($table): first(($routes[0].RouteTables[] | select(.RouteTableId == $table) | .Routes[] | select(.DestinationCidrBlock == "0.0.0.0/0")), null);

parameter("topology") as $topology
| parameter("peers").peers as $peers
| [$instances[0].Reservations[].Instances[]] as $machines
| {
    at: $at,
    lanes: [$topology.lanes[] | . as $lane | default_route(.routeTableId) as $route | {
      lane, zone, routeTableId, guests, proberFunction,
      servedBy: (first($peers[] | select(.eniId == $route.NetworkInterfaceId and $route.State == "active") | .instanceId) // null),
      addresses: [.addresses[] | . as $want | first(($addresses[0].Addresses[] | select(.AllocationId == $want.allocationId)), {}) as $seen
        | {allocationId, publicIp, floating, on: ($seen.PrivateIpAddress // null), eniId: ($seen.NetworkInterfaceId // null)}]
    }],
    nats: [$peers[] | . as $peer
      | first(($machines[] | select(.InstanceId == $peer.instanceId)), null) as $machine
      | first(($machine.NetworkInterfaces[]? | .PrivateIpAddresses[]? | select(.Primary) | .Association), null) as $association
      | first(($report[0].nats[] | select(.result.instanceId == $peer.instanceId) | .result), null) as $result
      | first((($targets[0].TargetHealthDescriptions // [])[] | select(.Target.Id == $peer.instanceId) | .TargetHealth), null) as $target
      | first(($groups[0].AutoScalingInstances[] | select(.InstanceId == $peer.instanceId)), null) as $member
      | {
          instanceId, name, zone, eniId, address,
          state: ($machine.State.Name // null),
          publicAddress: ($association.PublicIp // null), publicOwner: ($association.IpOwnerId // null),
          ping: (first($information[0].InstanceInformationList[] | select(.InstanceId == $peer.instanceId) | .PingStatus) // null),
          target: ($target.State // null), targetReason: ($target.Reason // null),
          groupHealth: (($member.HealthStatus // null) | if . then ascii_upcase else null end), lifecycle: ($member.LifecycleState // null),
          healthy: ($result.healthz.healthy // false), replication: ($result.healthz.replication.state // null)
        }],
    marked: [(parameter("state").marks // {})[] | .instanceId]
  }
