import { tinyStack } from "../support/tiny-stack";
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { nft, run } from "../../../lab/world/command";
import { inNamespace } from "../../../lab/world/namespaces";
import { buildTinyWorld, report } from "../support/world-driver";
import type { WorldResults } from "./world.test";

/** Runs in namespaces of its own; see world.test.ts for what each result must be. */
const [root = "", folder = ""] = process.argv.slice(2);
const CLIENT = "client-use1-az1-l1";

/** A NAT by hand, and a listener below and above 1024 for the NACL. */
const USER_DATA = `#!/usr/bin/env bash
set -e
nft list ruleset >${folder}/ruleset-at-boot
echo 1 >/proc/sys/net/ipv4/ip_forward
nft 'add table ip n; add chain ip n p { type nat hook postrouting priority srcnat; }; add rule ip n p oifname ens5 ip saddr 10.9.11.0/24 masquerade'
token=$(curl -sX PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
curl -s -H "x-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id >${folder}/instance-id
curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/instance-id >${folder}/imds-without-token
env >${folder}/environment
node -e 'const s = require("net").createServer((c) => c.end("hello")); s.listen(880); require("net").createServer((c) => c.end("hello")).listen(8080, () => require("fs").writeFileSync("${folder}/up", ""))' &
`;

async function inside(namespace: string, ...argv: readonly string[]): Promise<string> {
  const [program = "", ...args] = inNamespace(namespace, argv);
  return run(program, args).catch((error: unknown) => `failed: ${String(error)}`);
}

const egress = (): Promise<string> => inside(CLIENT, "curl", "-s", "-m", "1", "http://203.0.113.80/");
const connects = async (namespace: string, url: string): Promise<boolean> =>
  (await inside(namespace, "curl", "-s", "-m", "1", "--http0.9", url)).startsWith("hello");

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 10 s`);
    await wait(20);
  }
}

async function main(): Promise<void> {
  const { world, spec } = await buildTinyWorld(root, folder, USER_DATA);
  await world.launchInstance(spec);
  await until(() => existsSync(`${folder}/up`), "user data");
  const aliveAtFirst = world.isInstanceAlive(spec.instanceId);

  const withoutRoute = await egress();
  await world.writeRoute("rtb-lane", "0.0.0.0/0", { eniId: spec.eniId });
  const withCheck = await egress();
  await world.writeSourceDestCheck(spec.eniId, false);
  const withNat = await egress();
  const routed = await world.readRoutes("rtb-lane");

  await run("ip", ["route", "del", "default", "table", "101", "metric", "10"]);
  const afterKernelDelete = await world.readRoutes("rtb-lane");
  const withoutKernelRoute = await egress();
  await world.writeRoute("rtb-lane", "0.0.0.0/0", { eniId: spec.eniId });

  await world.writeRoute("rtb-lane", "0.0.0.0/0", { eniId: "eni-gateway" });
  const gateway = {
    egress: await egress(),
    routed: await world.readRoutes("rtb-lane"),
    isOpen: await connects("internet", "http://198.51.100.8:8080/"),
    isUp: world.isNatGatewayUp("nat-1"),
  };
  await world.writeRoute("rtb-lane", "0.0.0.0/0", { eniId: spec.eniId });
  const afterGateway = await egress();

  await world.moveAddress("10.9.1.50", spec.eniId);
  await world.mapPublicAddress("198.51.100.7", "10.9.1.50");
  const secondaries = [...(await world.readSecondaryAddresses())];
  const publics = [...(await world.readPublicAddresses())];
  await nft("delete element ip vpc public_to_private { 192.0.2.10 }");
  const publicsBehindTheApi = [...(await world.readPublicAddresses())];
  await nft("add element ip vpc public_to_private { 192.0.2.10 : 10.9.1.10 }");

  const acl = {
    low: await connects("internet", "http://192.0.2.10:880/"),
    high: await connects("internet", "http://192.0.2.10:8080/"),
    lowFromVpc: await connects(CLIENT, "http://10.9.1.10:880/"),
    privateFromInternet: await connects("internet", "http://10.9.1.10:8080/"),
  };
  const [{ networkAclId } = { networkAclId: "" }] = tinyStack.networkAcls;
  const aclRules = await world.readAclRules(networkAclId);
  const deny = aclRules.find(({ allow }) => !allow);
  if (deny === undefined) throw new Error(`the tiny stack's network ACL denies nothing: ${JSON.stringify(aclRules)}`);
  await world.writeAclRule(networkAclId, { ...deny, allow: true });
  const opened = { low: await connects("internet", "http://192.0.2.10:880/"), rules: await world.readAclRules(networkAclId) };
  await world.deleteAclRule(networkAclId, deny);
  const removed = await world.readAclRules(networkAclId);
  await world.writeAclRule(networkAclId, deny);
  const closed = { low: await connects("internet", "http://192.0.2.10:880/"), rules: await world.readAclRules(networkAclId) };
  await nft("flush chain ip vpc acl_0_ingress");
  const aclBehindTheApi = await world.readAclRules(networkAclId);
  await world.writeAclRule(networkAclId, deny);
  for (const rule of aclRules) await world.writeAclRule(networkAclId, rule);
  const aclChanges = { rules: aclRules, opened, removed, closed, behindTheApi: aclBehindTheApi };
  const imds = "http://169.254.169.254/latest";
  const tokenOf = ["-sX", "PUT", "-H", "x-aws-ec2-metadata-token-ttl-seconds: 60", `${imds}/api/token`];
  const header = `x-aws-ec2-metadata-token: ${await inside(CLIENT, "curl", ...tokenOf)}`;
  const imdsFromClient = await inside(CLIENT, "curl", "-s", "-H", header, `${imds}/meta-data/instance-id`);
  const imdsRoleOfClient = await inside(CLIENT, "curl", "-sf", "-H", header, `${imds}/meta-data/iam/security-credentials`);
  await inside(CLIENT, "ip", "addr", "add", "10.9.11.77/32", "dev", "lo");
  const forged = ["--interface", "10.9.11.77", "-s", "-m", "1"];
  const imdsFromForged = await inside(CLIENT, "curl", ...forged, "-H", header, `${imds}/meta-data/instance-id`);
  const services = await inside("services", "curl", "-s", "-m", "1", "http://10.9.1.10:8080/");
  const target = await world.checkTarget("use1-az1", "10.9.1.10", 881, "/livez", 500);

  await inside("internet", "true");
  const pid = world.natNodes()[0]?.node.initPid ?? 0;
  process.kill(pid, "SIGKILL");
  await until(async () => !(await run("ip", ["-br", "link"])).includes("9abcdef0"), "the dead node's interface goes");
  const results: WorldResults = {
    ...{ gateway, afterGateway },
    ...{ aliveAtFirst, withoutRoute, withCheck, withNat, routed, afterKernelDelete, withoutKernelRoute },
    ...{ secondaries, publics, publicsBehindTheApi, acl, aclChanges, services, target },
    ...{ imdsFromClient, imdsRoleOfClient, imdsFromForged, client: world.clients[0]?.instance.instanceId ?? "" },
    aliveAfterKill: world.isInstanceAlive(spec.instanceId),
    routesAfterKill: await world.readRoutes("rtb-lane"),
    secondariesAfterKill: [...(await world.readSecondaryAddresses())],
    rulesetAtBoot: (await run("cat", [`${folder}/ruleset-at-boot`])).trim(),
    instanceId: await run("cat", [`${folder}/instance-id`]),
    imdsWithoutToken: await run("cat", [`${folder}/imds-without-token`]),
    environment: await run("cat", [`${folder}/environment`]),
  };
  report({ ...results });
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
