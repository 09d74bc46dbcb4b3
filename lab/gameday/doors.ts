export interface Door {
  readonly address: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** Services that are found first, beside the ports that only root may open. */
const WELL_KNOWN = [
  ...[
    1080, 1194, 1433, 1521, 1723, 1883, 2049, 2181, 2375, 2376, 3000, 3128, 3268, 3306, 3389, 4444, 4500, 5000, 5060, 5432, 5601,
  ],
  ...[
    5672, 5900, 5985, 6379, 6443, 7001, 8000, 8080, 8081, 8443, 8500, 8888, 9000, 9090, 9092, 9100, 9200, 9418, 10250, 11211,
    27017,
  ],
];
const PRIVILEGED_PORTS = 1024;
/** Heartbeats and flow replication. */
const UDP_PORTS = [881, 882];

/** Every door of every address, once. */
function everyDoor(addresses: readonly string[]): readonly Door[] {
  const ports = [...Array.from({ length: PRIVILEGED_PORTS }, (_, port) => port).filter((port) => port > 0), ...WELL_KNOWN];
  return addresses.flatMap((address) => [
    ...UDP_PORTS.map((port) => ({ address, port, protocol: "udp" as const })),
    ...ports.map((port) => ({ address, port, protocol: "tcp" as const })),
  ]);
}

/** A part of the doors for one run, so that a few runs together see all of them; the UDP ports are in every part. */
export function doorsOfRun(addresses: readonly string[], run: number, size: number): readonly Door[] {
  const doors = everyDoor(addresses);
  const udp = doors.filter(({ protocol }) => protocol === "udp");
  const tcp = doors.filter(({ protocol }) => protocol === "tcp");
  const start = tcp.length === 0 ? 0 : (run * size) % tcp.length;
  return [...udp, ...[...tcp, ...tcp].slice(start, start + Math.min(size, tcp.length))];
}
