import type { Call } from "../wire/call";
import type { RequestContext } from "./conditions";

export interface Principal {
  /** Of the role. */
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
}

/** Services whose own tag key means the same as `aws:ResourceTag`. */
const TAG_PREFIXES: Readonly<Record<string, string>> = {
  ec2: "ec2:resourcetag/",
  ssm: "ssm:resourcetag/",
  autoscaling: "autoscaling:resourcetag/",
};

/** Where AWS documents the service's own key alone: its guide has no policy that holds this call to a node by a global one. */
const OWN_TAG_KEY_ONLY = ["ssm:SendCommand"];

const NO_ATTRIBUTE = ["InstanceId", "NetworkInterfaceId", "DryRun"];

/** Condition keys of one call on one resource; keys in lower case (see conditions.ts). */
export function contextOf(call: Call, principal: Principal, tags: Readonly<Record<string, string>>): RequestContext {
  const context = new Map<string, readonly string[]>([
    ["aws:principalaccount", [principal.account]],
    ["aws:principalarn", [principal.arn]],
    ["aws:userid", [principal.userId]],
    ["aws:requestedregion", [call.region]],
    ["aws:resourceaccount", [principal.account]],
  ]);
  const ownPrefix = TAG_PREFIXES[call.service];
  for (const [key, value] of Object.entries(tags)) {
    if (!OWN_TAG_KEY_ONLY.includes(`${call.service}:${call.operation}`))
      context.set(`aws:resourcetag/${key.toLowerCase()}`, [value]);
    if (ownPrefix !== undefined) context.set(`${ownPrefix}${key.toLowerCase()}`, [value]);
  }
  const namespace = call.input["Namespace"];
  if (call.service === "monitoring" && typeof namespace === "string") context.set("cloudwatch:namespace", [namespace]);
  if (call.service === "ec2" && call.operation.startsWith("Modify")) addAttributes(context, call.input);
  return context;
}

/** `ec2:Attribute` names what a Modify…Attribute call changes. */
function addAttributes(context: Map<string, readonly string[]>, input: Call["input"]): void {
  const names = Object.keys(input).filter((name) => !NO_ATTRIBUTE.includes(name));
  context.set("ec2:attribute", names);
  for (const name of names) {
    const value = (input[name] as { readonly Value?: boolean | string } | null)?.Value;
    if (value !== undefined) context.set(`ec2:attribute/${name.toLowerCase()}`, [String(value)]);
  }
}
