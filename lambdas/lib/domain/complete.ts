import { ROLES, TAGS } from "../../../contract/tags";
import type { DefaultRoute, GroupMember, ObservedInstance } from "./fleet";

interface Lists {
  readonly instances: readonly ObservedInstance[];
  readonly members: readonly GroupMember[];
  readonly routes: ReadonlyMap<string, DefaultRoute>;
}

/**
 * EC2's lists are read from copies that lag, and our NATs are listed by their tags. One that lacks a NAT in service, while a route leads to
 * an interface that is in no answer, would have that route taken from a NAT that works. When the instance is really gone, so is its interface, and the route is a black hole.
 * @throws Error, so that the next look asks again
 */
export function requireComplete({ instances, members, routes }: Lists): void {
  const listed = new Set(instances.map(({ instanceId }) => instanceId));
  const lacking = members.filter(({ instanceId, lifecycle }) => lifecycle === "InService" && !listed.has(instanceId));
  if (lacking.length === 0) return;
  const interfaces = new Set(instances.map(({ eni }) => eni?.eniId));
  const stray = [...routes.values()].find(
    (route) => route.state === "active" && route.eniId !== null && !interfaces.has(route.eniId),
  );
  if (stray?.state !== "active") return;
  const ids = lacking.map(({ instanceId }) => instanceId).join(", ");
  throw new Error(
    `EC2 lists no ${ids}, which Auto Scaling has in service, and a route leads to ${stray.eniId}, which is in no answer; nothing is decided on part of an answer. ` +
      `EC2 may lag for seconds; if it stays so, the instance lost its tag ${TAGS.env} or ${TAGS.role} (${ROLES.nat}), by which NATs are listed: put both back as the other NATs have them`,
  );
}
