/** What the functions' statements are made of. */
import { parameterPath } from "../../contract/parameters";
import type { ParameterKind } from "../../contract/parameters";
import { TAGS } from "../../contract/tags";
import { parameterArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Statement } from "../shared/statement";

/** Only what bears our tag, and what else must hold. */
export const ours = (d: Deployment, more: NonNullable<Statement["condition"]> = {}): Pick<Statement, "condition"> => ({
  condition: { StringEquals: { [`aws:ResourceTag/${TAGS.env}`]: d.env }, ...more },
});

/**
 * The instances that a command may be sent to. By Systems Manager's own key: a statement for SendCommand with a global one (`aws:…`) needs
 * a second statement with `aws:ViaAWSService`, says its user guide, and then Systems Manager's own calls would not be held to the tag.
 */
export const ourInstancesBySystemsManager = (d: Deployment): Pick<Statement, "condition"> => ({
  condition: { StringEquals: { [`ssm:resourceTag/${TAGS.env}`]: d.env } },
});

/** Of all attributes of an instance (its user data among them) this one, and only off. How EC2 writes a truth value here no document says. */
export const SOURCE_DEST_CHECK_OFF = { StringEqualsIgnoreCase: { "ec2:Attribute/SourceDestCheck": "false" } };

/** ARNs of the environment's parameters. */
export const parameters = (d: Deployment, ...kinds: readonly ParameterKind[]): readonly string[] =>
  kinds.map((kind) => parameterArn(d, parameterPath(d.env, kind)));

/** EC2 and the other describe calls: AWS has no resource type for them. */
export const describe = (sid: string, actions: readonly string[]): Statement => ({
  sid,
  actions,
  resources: ["*"],
  because: "read only; describe calls have no resource type",
});
