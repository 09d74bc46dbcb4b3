// What the agent asks of AWS, from a directory: GET metadata (more of it: files imds_<item with / as _>), GetParameters (files
// <name with / as _>), SendMessage (appended to sent.jsonl). aws.mjs DIR PORT. Serves the tests of one NAT; the lab has the real thing.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createHash } from "node:crypto";
import { join } from "node:path";

const [dir, port] = process.argv.slice(2);
const metadata = { "/latest/meta-data/instance-id": "i-0b", "/latest/meta-data/local-ipv4": "10.0.0.10" };

const metadataOf = (url) => {
  const file = join(dir, url.replace("/latest/meta-data/", "imds_").replaceAll("/", "_"));
  return metadata[url] ?? (existsSync(file) ? readFileSync(file, "utf8") : undefined);
};

const operations = {
  "AmazonSSM.GetParameters": ({ Names }) => {
    const file = (name) => join(dir, name.replaceAll("/", "_"));
    const found = Names.filter((name) => existsSync(file(name)));
    return {
      Parameters: found.map((Name) => ({ Name, Value: readFileSync(file(Name), "utf8") })),
      InvalidParameters: Names.filter((name) => !found.includes(name)),
    };
  },
  "AmazonSQS.SendMessage": (message) => {
    appendFileSync(join(dir, "sent.jsonl"), `${JSON.stringify(message)}\n`);
    return { MessageId: "m", MD5OfMessageBody: createHash("md5").update(message.MessageBody).digest("hex") };
  },
};

createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    if (request.method === "PUT") return response.end("token");
    if (request.method === "GET") {
      const text = metadataOf(request.url);
      response.writeHead(text === undefined ? 404 : 200);
      return response.end(text ?? "");
    }
    const answer = operations[request.headers["x-amz-target"]]?.(JSON.parse(body));
    response.writeHead(answer === undefined ? 400 : 200, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(answer ?? {}));
  });
}).listen(Number(port), "127.0.0.1", () => writeFileSync(join(dir, "aws.up"), ""));
