// speak.mjs HOST: sends each hexadecimal line of stdin as a packet to UDP 881.
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";

const socket = createSocket("udp4");
createInterface({ input: process.stdin }).on("line", (line) => socket.send(Buffer.from(line, "hex"), 881, process.argv[2]));
