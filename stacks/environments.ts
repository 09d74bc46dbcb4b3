import type { EnvironmentInput } from "./config";

/** AWS's documentation account: with no account at hand, everything but a real deployment works. */
const DOCUMENTATION_ACCOUNT = "123456789012";

/** GitHub Actions hands over a repository variable that is not set as empty text. */
function deployedIn(variable: string | undefined): string {
  return variable === undefined || variable === "" ? DOCUMENTATION_ACCOUNT : variable;
}

/**
 * The environments of this repository. `HA_NAT_ACCOUNT_ID_TEST` and `HA_NAT_ACCOUNT_ID_PROD` say where they are deployed;
 * `HA_NAT_RETURN_AFTER_SECONDS` shortens the wait before lanes return home, for the lab.
 */
export function environments(variables: Readonly<Record<string, string | undefined>>): readonly EnvironmentInput[] {
  const { HA_NAT_RETURN_AFTER_SECONDS: returnAfter } = variables;
  const forTheLab = returnAfter === undefined ? {} : { returnAfterSeconds: Number(returnAfter) };
  return [
    {
      env: "test",
      region: "us-east-1",
      accountId: deployedIn(variables.HA_NAT_ACCOUNT_ID_TEST),
      zones: ["use1-az1", "use1-az2"],
      vpcCidr: "10.40.0.0/16",
      connectedCidrs: ["10.50.0.0/16"],
      natsPerZoneMin: 1,
      natsPerZoneMax: 1,
      instanceType: "t4g.small",
      ...forTheLab,
    },
    {
      env: "prod",
      region: "us-east-1",
      accountId: deployedIn(variables.HA_NAT_ACCOUNT_ID_PROD),
      // Not use1-az3: the old zone of us-east-1 has no c7g, nor most types of the last years.
      zones: ["use1-az1", "use1-az2", "use1-az4"],
      vpcCidr: "10.50.0.0/16",
      connectedCidrs: ["10.40.0.0/16"],
      natsPerZoneMin: 2,
      natsPerZoneMax: 2,
      instanceType: "c7g.medium",
      logRetentionDays: 90,
      ...forTheLab,
    },
  ];
}
