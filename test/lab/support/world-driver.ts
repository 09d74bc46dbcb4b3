import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { makeCertificates } from "../../../lab/world/certificates";
import type { InstanceSpec } from "../../../lab/world/fabric";
import { findProgram, prepareMounts, PRIVATE_RUN, toolPath } from "../../../lab/world/host";
import { World } from "../../../lab/world/world";
import { tinyStack } from "./tiny-stack";

/**
 * Runs inside the namespaces that `inNamespaces` makes: a tiny VPC with one instance, then each step of the test, whose results
 * go to stdout as one JSON object.
 */
export interface Driver {
  readonly world: World;
  readonly spec: InstanceSpec;
}

export async function buildTinyWorld(root: string, folder: string, userData: string): Promise<Driver> {
  const programs = join(root, "dist", "lab");
  const paths = {
    root,
    run: folder,
    logs: join(folder, "logs"),
    programs,
    nodeFiles: join(root, "lab/world/node"),
    keep: join(PRIVATE_RUN, "keep"),
  };
  mkdirSync(paths.logs, { recursive: true });
  await prepareMounts(folder, [root, folder]);
  const awsSocket = join(PRIVATE_RUN, "aws.sock");
  await new Promise<void>((resolve) =>
    createServer((_, response) => response.writeHead(204).end()).listen(awsSocket, () => resolve()),
  );
  const world = new World({
    model: tinyStack,
    keys: {
      issue: (roleName, sessionName) => ({ accessKeyId: roleName, secretAccessKey: sessionName, sessionToken: "token" }),
      find: () => undefined,
    },
    nodes: {
      paths,
      toolPath: toolPath(process.execPath),
      awsCli: findProgram("aws", process.env["PATH"] ?? "") ?? "aws",
      awsEndpoint: "http://203.0.113.10:4566",
    },
    certificates: await makeCertificates(join(folder, "ca")),
    awsSocket,
  });
  await world.setUp();
  return { world, spec: tinyInstance(userData) };
}

export function tinyInstance(userData: string): InstanceSpec {
  return {
    instanceId: "i-0123456789abcdef0",
    name: "use1-az1-a",
    zone: "use1-az1",
    subnetId: "subnet-public",
    eniId: "eni-0123456789abcdef0",
    privateAddress: "10.9.1.10",
    publicAddress: "192.0.2.10",
    userData,
    roleName: "ha-nat-test-nat",
    bootMs: 0,
  };
}

export function report(results: Readonly<Record<string, unknown>>): void {
  writeFileSync(1, JSON.stringify(results));
}
