/** What the functions' statements are made of. */
import { parameterPath } from "../../contract/parameters";
import type { ParameterKind } from "../../contract/parameters";
import { TAGS } from "../../contract/tags";
import { parameterArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Statement } from "../shared/statement";

/** Only what bears our tag, and what else must be equal. */
export const ours = (d: Deployment, more: Readonly<Record<string, string>> = {}): Pick<Statement, "condition"> => ({
  condition: { StringEquals: { [`aws:ResourceTag/${TAGS.env}`]: d.env, ...more } },
});

/** Of all attributes of an instance (its user data among them) this one, and only off. */
export const SOURCE_DEST_CHECK_OFF = { "ec2:Attribute/SourceDestCheck": "false" };

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
