import { synthesise } from "../stacks/support";

describe.each(["test", "prod"])("%s:", (env) => {
  const stack = synthesise(env);
  const targets = Object.values(stack.all("aws_cloudwatch_event_target"));
  const rules = Object.values(stack.all("aws_cloudwatch_event_rule"));
  const letters = `arn:aws:sqs:us-east-1:123456789012:ha-nat-${env}-async-dlq`;

  test("what EventBridge cannot deliver is a dead letter: a tick after a minute, all else after an hour", () => {
    expect(targets).toHaveLength(rules.length);
    for (const target of targets)
      expect(target).toMatchObject({ dead_letter_config: { arn: letters }, retry_policy: { maximum_retry_attempts: 185 } });
    const ages = targets.map(
      (target) => (target.retry_policy as { maximum_event_age_in_seconds: number }).maximum_event_age_in_seconds,
    );
    expect(ages.filter((age) => age === 60)).toHaveLength(rules.filter((rule) => "schedule_expression" in rule).length);
    expect(ages.filter((age) => age === 3600)).toHaveLength(rules.filter((rule) => "event_pattern" in rule).length);
  });

  test("our rules, each and nobody else, may leave dead letters", () => {
    const policies = Object.values(stack.all("aws_sqs_queue_policy")).map(({ policy }) => JSON.parse(policy as string) as Policy);
    const statements = policies.flatMap(({ Statement }) => Statement).filter(({ Resource }) => Resource === letters);

    expect(statements).toEqual([
      {
        Sid: "Rules",
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: letters,
        Condition: {
          ArnEquals: { "aws:SourceArn": rules.map(({ name }) => `arn:aws:events:us-east-1:123456789012:rule/${name as string}`) },
        },
      },
    ]);
  });
});

interface Policy {
  readonly Statement: readonly { readonly Resource: string }[];
}
