/** One thing wrong with an input: which field, what it holds, what is allowed, what to change. */
export interface Problem {
  readonly field: string;
  readonly value: unknown;
  readonly limit: string;
  readonly fix: string;
}

/** `field: got VALUE; allowed: LIMIT; fix: FIX`. */
export function describeProblem(problem: Problem): string {
  const value = problem.value === undefined ? "nothing" : JSON.stringify(problem.value);
  return `${problem.field}: got ${value}; allowed: ${problem.limit}; fix: ${problem.fix}`;
}
