/** The operators' commands against the real functions: what they show, what they bring about, and what they refuse. */
import { awsCli, endpointOf, lab, operate, serverOf, until } from "../lab";
import { laneOf, nameOf, serverIn } from "./zones";

const ZONE = "use1-az1";
const LANE = laneOf(ZONE);

const server = (): Promise<string> => serverIn(ZONE);

export function operators(): void {
  test("drains a NAT, is refused the last one of the zone, and takes the drain back", async () => {
    const first = await server();
    expect(await operate("prod", "drain.sh", "--nat", nameOf(first))).toMatchObject({ code: 0 });
    const second = await server();
    expect(second).not.toBe(first);
    expect(second).toContain(ZONE);

    const last = await operate("prod", "drain.sh", "--nat", nameOf(second));
    expect(last).toMatchObject({ code: 1, stdout: expect.stringContaining("is the last healthy NAT of use1-az1") });

    const verified = await operate("prod", "verify_nat.sh");
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining(`LEAVING: ${nameOf(first)}`) });
    expect(await server()).toBe(second);
    expect(await operate("prod", "drain.sh", "--nat", nameOf(first), "--undo")).toMatchObject({ code: 0 });
  }, 90_000);

  test("moves a lane within the cooldown, to the NAT that it may serve again", async () => {
    const before = await server();
    const shown = await operate("prod", "manual_failover.sh", "--lane", LANE, "--to", "auto", "--dry-run", "--json");
    expect(JSON.parse(shown.stdout)).toMatchObject({
      refused: null,
      lanes: expect.arrayContaining([expect.objectContaining({ lane: LANE })]),
    });
    expect(await server()).toBe(before);

    expect(await operate("prod", "manual_failover.sh", "--lane", LANE, "--to", "auto")).toMatchObject({ code: 0 });
    const after = await server();
    expect(after).not.toBe(before);
    expect(after).toContain(ZONE);
  }, 60_000);

  test("holds: a broken NAT keeps its lane, everybody can read why, and resuming moves it", async () => {
    const before = await server();
    expect(await operate("prod", "hold.sh", "--minutes", "5", "--because", "cable work")).toMatchObject({ code: 0 });
    await lab("fault", "hang-nat", "--env", "prod", "--node", before);
    const plan = await operate("prod", "hold.sh", "--resume", "--dry-run");
    expect(plan.stdout).toMatch(new RegExp(`DO +${LANE} +replace the default route`));
    expect(await server()).toBe(before);
    expect((await operate("prod", "verify_nat.sh")).stdout).toMatch(/HOLD: nothing moves by itself: held by .*: cable work/);
    const logs = await lab("logs", "ha-nat-prod-nat-route-failover", "--env", "prod");
    expect(logs.stdout).toMatch(/is (unhealthy|silent), but moves are held by .*cable work/);

    expect(await operate("prod", "hold.sh", "--resume")).toMatchObject({ code: 0 });
    const after = await until("prod", "the lane moves", (now) => serverOf(now, LANE) !== before, 15);
    expect(serverOf(after, LANE)).toContain(ZONE);
  }, 90_000);

  test("finds what he sent and nobody listened to in the queue of rejected messages, word for word", async () => {
    const access = await endpointOf("prod");
    const sqs = async <T>(...args: readonly string[]): Promise<T> =>
      JSON.parse((await awsCli(access, "sqs", ...args)).stdout) as T;
    const urlOf = async (queue: string) =>
      (await sqs<{ QueueUrl: string }>("get-queue-url", "--queue-name", `ha-nat-prod-${queue}`)).QueueUrl;
    const body = JSON.stringify({ schema: 2, env: "prod", kind: "hold" });
    const order = ["--queue-url", await urlOf("failover.fifo"), "--message-group-id", "prod", "--message-body", body];
    const { MessageId: sent } = await sqs<{ MessageId: string }>("send-message", ...order);

    const all = [
      "--queue-url",
      await urlOf("failover-rejected"),
      "--wait-time-seconds",
      "20",
      "--message-attribute-names",
      "All",
    ];
    const { Messages: kept } = await sqs<{ Messages: readonly unknown[] }>("receive-message", ...all);
    const Reason = expect.objectContaining({ StringValue: "malformed" });
    const MessageId = expect.objectContaining({ StringValue: sent });
    const beside = expect.objectContaining({ Reason, MessageId });
    expect(kept).toEqual([expect.objectContaining({ Body: body, MessageAttributes: beside })]);
    const log = await lab("logs", "ha-nat-prod-nat-route-failover", "--env", "prod");
    expect(log.stdout).toContain(sent);
  }, 60_000);
}
