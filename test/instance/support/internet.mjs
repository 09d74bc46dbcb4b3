// The far side: tells everyone who asks (TCP and UDP, ports 7 and 881) which address and port it sees.
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

for (const port of [7, 881]) {
  createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(`${socket.remoteAddress} ${socket.remotePort}\n`);
  }).listen(port, "0.0.0.0");
  const udp = createSocket("udp4");
  udp.on("message", (_, from) => udp.send(`${from.address} ${from.port}\n`, from.port, from.address));
  udp.bind(port, "0.0.0.0");
}
setTimeout(() => writeFileSync(join(process.env.WORLD_DIR, "internet.up"), ""), 200);
