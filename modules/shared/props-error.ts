import type { Construct } from "constructs";
import { describeProblem } from "./problem";
import type { Problem } from "./problem";

/** A construct was given something it cannot build; carries the path of the construct. */
export class PropsError extends Error {
  public constructor(scope: Construct, problem: Problem) {
    super(`${scope.node.path}: ${describeProblem(problem)}`);
    this.name = "PropsError";
  }
}
