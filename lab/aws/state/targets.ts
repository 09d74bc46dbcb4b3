import type { TargetGroupModel } from "../../stack/model";

export type TargetState = "initial" | "healthy" | "unhealthy";

export interface Target {
  readonly id: string;
  readonly port: number;
  state: TargetState;
  /** AWS's reason code; undefined when healthy. */
  reason: string | undefined;
  description: string | undefined;
  /** Health checks in a row. */
  passes: number;
  failures: number;
}

/** What a health check said. */
export type CheckResult = { readonly status: number } | { readonly error: string };

/** The registered targets of every target group. */
export class Targets {
  private readonly groups: ReadonlyMap<string, { readonly model: TargetGroupModel; readonly targets: Map<string, Target> }>;

  constructor(models: readonly TargetGroupModel[]) {
    this.groups = new Map(models.map((model) => [model.arn, { model, targets: new Map<string, Target>() }]));
  }

  group(arn: string): TargetGroupModel | undefined {
    return this.groups.get(arn)?.model;
  }

  models(): readonly TargetGroupModel[] {
    return [...this.groups.values()].map(({ model }) => model);
  }

  of(arn: string): readonly Target[] {
    return [...(this.groups.get(arn)?.targets.values() ?? [])];
  }

  /** Registering again changes nothing. */
  register(arn: string, id: string, port: number): void {
    const targets = this.groups.get(arn)?.targets;
    if (targets === undefined || targets.has(`${id}:${port}`)) return;
    targets.set(`${id}:${port}`, {
      id,
      port,
      state: "initial",
      reason: "Elb.RegistrationInProgress",
      description: "Target registration is in progress",
      passes: 0,
      failures: 0,
    });
  }

  /** Of all ports when none is given. `false`: it was not registered. */
  deregister(arn: string, id: string, port: number | undefined): boolean {
    const targets = this.groups.get(arn)?.targets;
    const found = [...(targets?.values() ?? [])].filter(
      (target) => target.id === id && (port === undefined || target.port === port),
    );
    for (const target of found) targets?.delete(`${target.id}:${target.port}`);
    return found.length > 0;
  }
}

/** One check counted. Returns whether the state changed. */
export function countCheck(target: Target, result: CheckResult, model: TargetGroupModel): boolean {
  const before = target.state;
  const passed = "status" in result && result.status >= 200 && result.status <= 399;
  target.passes = passed ? target.passes + 1 : 0;
  target.failures = passed ? 0 : target.failures + 1;
  if (passed && target.passes >= model.healthyThreshold) {
    Object.assign(target, { state: "healthy", reason: undefined, description: undefined });
  } else if (!passed && target.failures >= model.unhealthyThreshold) {
    const seen = "status" in result ? `HTTP status ${result.status}` : result.error;
    Object.assign(target, {
      state: "unhealthy",
      reason: "Target.FailedHealthChecks",
      description: `Health checks failed: ${seen}`,
    });
  } else if (target.state === "initial") {
    Object.assign(target, { reason: "Elb.InitialHealthChecking", description: "Initial health checks in progress" });
  }
  return target.state !== before;
}
