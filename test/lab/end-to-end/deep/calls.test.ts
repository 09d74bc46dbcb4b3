/**
 * What the control plane asks of AWS, counted at the lab's endpoint: `prod` for a quiet minute, then while a NAT dies. Reads are a constant
 * number a look however many lanes there are (the functions' own scale tests have that); writes are as many as lanes change. Both counts are
 * printed, for docs/measuring.md has them in words.
 */
import { tallyLines } from "../../../../lab/report/calls";
import type { CallTally } from "../../../../lab/report/calls";
import { describeInNamespaces } from "../../support/in-namespaces";
import { keepUp, labJson } from "../lab";

const CHANGING = ["ec2", "autoscaling", "elasticloadbalancing"];
/** Five, and three more each time that a move is verified, until EC2 shows it. */
const READS_A_LOOK = 15;

const NATS = 6;

function countOf({ counts }: CallTally, matches: (count: CallTally["counts"][number]) => boolean): number {
  return counts.filter(matches).reduce((sum, { count }) => sum + count, 0);
}

/** Past Jest, which would put the file's name around every line. */
function show(title: string, tally: CallTally): void {
  process.stdout.write(`${[title, ...tallyLines(tally).map((line) => `  ${line}`)].join("\n")}\n`);
}

describeInNamespaces("the calls that the prod environment makes", () => {
  keepUp("prod");

  test("in a quiet minute change nothing, and are few", async () => {
    // What follows a launch is not a quiet minute's.
    await labJson("calls", "--seconds", "30", "--env", "prod");

    const tally = await labJson<CallTally>("calls", "--seconds", "60", "--env", "prod");

    show("calls of prod in a quiet minute", tally);
    const changes = tally.counts.filter(({ call, kind }) => kind === "write" && CHANGING.includes(call.split(":")[0] ?? ""));
    expect(changes).toEqual([]);
    expect(countOf(tally, ({ by, call }) => by === "nat-health-probe" && call === "lambda:Invoke")).toBeGreaterThan(0);
    // One run of config-guard may fall into it: one command a NAT, whose end is asked for once a second.
    const polls = countOf(tally, ({ call }) => call === "ssm:GetCommandInvocation");
    expect(countOf(tally, ({ call }) => call === "ssm:SendCommand")).toBeLessThanOrEqual(NATS);
    // Six looks of nat-health-probe, one of nat-route-failover, one run of eip-recover and config-guard, six readings a NAT.
    expect(tally.totals.read - polls).toBeLessThanOrEqual(80);
    expect(tally.totals.message).toBeLessThanOrEqual(3);
  }, 180_000);

  test("when the NAT of one lane dies are two or three writes for this lane, and few to remember it", async () => {
    const [tally] = await Promise.all([
      labJson<CallTally>("calls", "--seconds", "12", "--env", "prod"),
      labJson("fault", "kill-nat", "--watch", "10", "--env", "prod"),
    ]);

    show("calls of prod in the 12 s around the death of a NAT", tally);
    const own = (call: string) => countOf(tally, (count) => count.by === "nat-route-failover" && count.call === call);
    expect([own("ec2:ReplaceRoute"), own("ec2:AssignPrivateIpAddresses")]).toEqual([1, 1]);
    expect(own("autoscaling:SetInstanceHealth")).toBeLessThanOrEqual(1);
    expect(own("ssm:PutParameter")).toBeGreaterThan(0);
    expect(own("ssm:PutParameter")).toBeLessThanOrEqual(3);
    expect(own("ec2:CreateRoute")).toBe(0);
    // The Elastic IP comes along with the address, unless the dead NAT's interface is gone by then.
    expect(own("ec2:AssociateAddress")).toBeLessThanOrEqual(1);
    const reads = countOf(tally, ({ by, kind }) => by === "nat-route-failover" && kind === "read");
    expect(reads).toBeLessThanOrEqual(READS_A_LOOK * own("ssm:GetParameters"));
  }, 180_000);
});
