/** One grant of a least-privilege policy, with its reason. The reason stays in the source; IAM has no place for it. */
export interface Statement {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** IAM condition block: operator → key → value. */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Why it is needed, and for `*` why nothing narrower exists. */
  readonly because: string;
}

/** The IAM policy document of these statements, as JSON. */
export function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((s) => ({
      Sid: s.sid,
      Effect: "Allow",
      Action: s.actions,
      Resource: s.resources,
      ...(s.condition ? { Condition: s.condition } : {}),
    })),
  });
}

/** Trust policy for one AWS service. */
export function trustPolicy(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
}
