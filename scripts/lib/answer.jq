# What the record of nat-route-failover (the state parameter) answers to a request: "done", "refused: …", or nothing yet.
# $kind and $fields are the message's; $since is when it was first said.

$fields.instanceId as $id
| if $kind == "leave" then
    if .refusals[$id] != null and .refusals[$id].at >= $since then "refused: \(.refusals[$id].because)"
    elif .notices[$id] != null and all(.lanes[]; .servedBy != $id) then "done"
    else empty end
  elif $kind == "move" then
    if .lanes[$fields.lane].servedBy == $fields.to then "done" else empty end
  elif $kind == "hold" then
    if .hold.until == $fields.until then "done" else empty end
  elif $id == null then
    if .hold == null then "done" else empty end
  elif .notices[$id] == null then "done"
  elif .notices[$id].because != "drain" then "refused: \($id) leaves because of \(.notices[$id].because)"
  else empty end
