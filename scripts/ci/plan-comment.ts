import { z } from "zod";

/** The part of `terraform show -json PLAN` that a reader of the plan needs. Values are read only to see which attributes differ. */
const planSchema = z.object({
  terraform_version: z.string().default("unknown"),
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        type: z.string(),
        change: z.object({
          actions: z.array(z.enum(["no-op", "create", "read", "update", "delete", "forget"])),
          before: z.record(z.string(), z.unknown()).nullable().default(null),
          after: z.record(z.string(), z.unknown()).nullable().default(null),
          after_unknown: z.unknown().optional(),
          replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).default([]),
        }),
      }),
    )
    .default([]),
});

type ResourceChange = z.infer<typeof planSchema>["resource_changes"][number];
type Kind = "destroy" | "replace" | "change" | "add";

export interface PlanCommentOptions {
  readonly env: string;
  /** Commit that was planned. */
  readonly commit: string;
  /** Characters; GitHub refuses a comment above 65,536. */
  readonly limit?: number;
}

interface Line {
  readonly kind: Kind;
  readonly text: string;
}

const ORDER: readonly Kind[] = ["destroy", "replace", "change", "add"];
const SIGN: Readonly<Record<Kind, string>> = { destroy: "-", replace: "-/+", change: "~", add: "+" };

/** First line of the comment: how the pipeline finds it again to update it in place. */
export function commentMarker(env: string): string {
  return `<!-- ha-nat plan ${env} -->`;
}

/** Markdown of a plan: counts first, then what deserves a shout, then each resource. Names of attributes, never a value. */
export function renderPlan(plan: unknown, { env, commit, limit = 60_000 }: PlanCommentOptions): string {
  const { resource_changes: all, terraform_version: version } = planSchema.parse(plan);
  const lines = all
    .flatMap((resource) => describe(resource))
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.text.localeCompare(b.text));
  const count = (kind: Kind): number => lines.filter((line) => line.kind === kind).length;
  const head = [
    commentMarker(env),
    `### Plan for ${env}: ${count("add")} to add, ${count("change")} to change, ${count("replace")} to replace, ${count("destroy")} to destroy`,
    "",
    ...warnings(all),
    lines.length === 0 ? "Nothing changes." : "<details><summary>Resources</summary>\n\n```diff",
  ];
  const tail = [
    ...(lines.length === 0 ? [] : ["```\n\n</details>"]),
    "",
    `Commit ${commit}, Terraform ${version}. Values are not shown.`,
  ];
  return fit(
    head,
    lines.map(({ text }) => text),
    tail,
    limit,
  );
}

function kindOf({ change: { actions } }: ResourceChange): Kind | undefined {
  if (actions.includes("delete")) return actions.includes("create") ? "replace" : "destroy";
  if (actions.includes("create")) return "add";
  return actions.includes("update") ? "change" : undefined;
}

function describe(resource: ResourceChange): readonly Line[] {
  const kind = kindOf(resource);
  if (kind === undefined) return [];
  const because = resource.change.replace_paths.map((path) => path.join("."));
  const names = kind === "change" ? changedAttributes(resource) : because;
  const detail = names.length === 0 ? "" : kind === "replace" ? ` (forced by ${names.join(", ")})` : ` (${names.join(", ")})`;
  return [{ kind, text: `${SIGN[kind]} ${resource.address}${detail}` }];
}

function changedAttributes({ change: { before, after, after_unknown: unknown } }: ResourceChange): readonly string[] {
  const old = before ?? {};
  const next = after ?? {};
  const later =
    typeof unknown === "object" && unknown !== null ? Object.keys(unknown).filter((key) => !isEmpty(unknown, key)) : [];
  const known = [...Object.keys(old), ...Object.keys(next)].filter(
    (key) => JSON.stringify(old[key]) !== JSON.stringify(next[key]),
  );
  return [...new Set([...known, ...later])].sort();
}

/** `after_unknown` has an entry for every block; only `true` somewhere inside says that a value is not known yet. */
function isEmpty(unknown: object, key: string): boolean {
  return !JSON.stringify((unknown as Record<string, unknown>)[key]).includes("true");
}

function warnings(all: readonly ResourceChange[]): readonly string[] {
  const lost = (type: string): number =>
    all.filter((resource) => resource.type === type && ["destroy", "replace"].includes(kindOf(resource) ?? "")).length;
  const replaced = all.filter((resource) => kindOf(resource) === "replace").length;
  const found = [
    lost("aws_eip") > 0 &&
      `**PUBLIC ADDRESSES CHANGE: ${lost("aws_eip")} Elastic IP(s) are given back.** Allow-lists of others will break.`,
    lost("aws_route_table") > 0 &&
      `**ROUTE TABLES GO: ${lost("aws_route_table")}.** Their default routes go with them until a NAT is elected again.`,
    lost("aws_autoscaling_group") > 0 &&
      `**NATs GO: ${lost("aws_autoscaling_group")} Auto Scaling group(s) are destroyed or replaced.**`,
    replaced > 0 && `**REPLACEMENTS: ${replaced}.**`,
  ].filter((text) => text !== false);
  return found.length === 0 ? [] : [...found.map((text) => `> ${text}`), ""];
}

function fit(head: readonly string[], body: readonly string[], tail: readonly string[], limit: number): string {
  const join = (kept: number): string => {
    const more = body.length - kept;
    return [...head, ...body.slice(0, kept), ...(more > 0 ? [`  … and ${more} more`] : []), ...tail].join("\n");
  };
  let kept = body.length;
  while (kept > 0 && join(kept).length > limit) kept = Math.min(kept - 1, Math.floor(kept * 0.9));
  return join(kept);
}
