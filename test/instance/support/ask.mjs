// ask.mjs tcp|udp HOST PORT [LOCAL_PORT [LOCAL_ADDRESS]]: prints what the far side answers within a second; exit 1 when it does not.
// ask.mjs scan HOST PORTS: prints the TCP ports of 1,2,10-20 that answered at all (open or refused), one a line.
import { createSocket } from "node:dgram";
import { connect } from "node:net";

const [how, host, ports, localPort, localAddress] = process.argv.slice(2);

const tcp = (port, timeout) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, ...(localPort ? { localPort: Number(localPort) } : {}) });
    let text = "";
    const end = (verdict) => {
      socket.destroy();
      resolve({ verdict, text });
    };
    // Timers run before sockets are read: an answer may be waiting on a busy machine.
    socket.setTimeout(timeout, () => setImmediate(() => setImmediate(() => end("silent"))));
    socket.on("connect", () => how === "scan" && end("open"));
    socket.on("data", (chunk) => (text += chunk));
    socket.on("end", () => end("open"));
    socket.on("error", (error) => end(error.code));
  });

const udp = (port) =>
  new Promise((resolve) => {
    const socket = createSocket("udp4");
    const done = (text) => {
      socket.close();
      resolve({ verdict: text ? "open" : "silent", text });
    };
    const timer = setTimeout(() => done(""), 1000);
    // Refused: an ICMP error found its way back.
    socket.on("error", (error) => {
      clearTimeout(timer);
      socket.close();
      resolve({ verdict: error.code, text: "" });
    });
    socket.on("message", (message) => {
      clearTimeout(timer);
      done(message.toString());
    });
    socket.bind(Number(localPort ?? 0), localAddress, () => socket.send("?", port, host));
  });

if (how === "scan") {
  const list = ports.split(",").flatMap((part) => {
    const [low, high = low] = part.split("-").map(Number);
    return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  });
  const answers = await Promise.all(list.map(async (port) => ({ port, ...(await tcp(port, 1500)) })));
  for (const { port, verdict } of answers) if (verdict !== "silent") console.log(port, verdict);
} else {
  const { verdict, text } = await (how === "tcp" ? tcp(Number(ports), 1000) : udp(Number(ports)));
  if (!text) {
    console.error(verdict);
    process.exit(1);
  }
  process.stdout.write(text);
}
