import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command";

/** PEM files of the run-local authority and of the one server certificate that it signed. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const NAMES = "DNS:aws.amazon.com,DNS:checkip.amazonaws.com,DNS:one.one.one.one,IP:1.1.1.1,IP:1.0.0.1,IP:8.8.8.8,IP:203.0.113.80";

/** Makes an authority for this run alone; nothing outside the lab ever trusts it. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const path = (name: string): string => join(folder, name);
  const files = { authority: path("ca.pem"), certificate: path("server.pem"), key: path("server.key") };
  if (Object.values(files).every((file) => existsSync(file))) return files;
  mkdirSync(folder, { recursive: true });
  const subject = ["-subj", "/CN=ha-nat lab, this run only", "-days", "30"];
  await run("openssl", ["req", "-x509", ...CURVE, "-keyout", path("ca.key"), "-out", files.authority, ...subject]);
  await run("openssl", ["req", ...CURVE, "-keyout", files.key, "-out", path("server.csr"), "-subj", "/CN=aws.amazon.com"]);
  writeFileSync(path("names.ext"), `subjectAltName=${NAMES}\n`);
  const signer = [
    "-CA",
    files.authority,
    "-CAkey",
    path("ca.key"),
    "-CAcreateserial",
    "-days",
    "30",
    "-extfile",
    path("names.ext"),
  ];
  await run("openssl", ["x509", "-req", "-in", path("server.csr"), ...signer, "-out", files.certificate]);
  return files;
}
