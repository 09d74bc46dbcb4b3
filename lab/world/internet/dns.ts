/** Names that the lab's internet knows, all A records. */
export type Zone = Readonly<Record<string, string>>;

const HEADER_BYTES = 12;
const TYPE_A = 1;
const NAME_ERROR = 3;
const TTL_SECONDS = 60;

/** Answers one query; undefined for what is no query, which a server leaves unanswered. */
export function answerQuery(query: Buffer, zone: Zone): Buffer | undefined {
  const question = readQuestion(query);
  if (question === undefined) return undefined;
  const address = zone[question.name];
  const answered = address !== undefined && question.type === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  // Response, authoritative, recursion as asked and available.
  header.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | (address === undefined ? NAME_ERROR : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answered ? 1 : 0, 6);
  const questionBytes = query.subarray(HEADER_BYTES, question.end);
  return Buffer.concat([header, questionBytes, ...(answered ? [record(address)] : [])]);
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Offset behind the question. */
  readonly end: number;
}

function readQuestion(query: Buffer): Question | undefined {
  if (query.length < HEADER_BYTES || (query.readUInt16BE(2) & 0x8000) !== 0 || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let offset = HEADER_BYTES;
  for (let length = query[offset]; length !== 0; length = query[offset]) {
    if (length === undefined || length > 63 || offset + 1 + length > query.length) return undefined;
    labels.push(query.toString("latin1", offset + 1, offset + 1 + length));
    offset += 1 + length;
  }
  const end = offset + 5;
  if (end > query.length) return undefined;
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(offset + 1), end };
}

/** Points at the question's name (compression pointer to offset 12). */
function record(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  bytes.writeUInt16BE(TYPE_A, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt32BE(TTL_SECONDS, 6);
  bytes.writeUInt16BE(4, 10);
  address.split(".").forEach((part, index) => bytes.writeUInt8(Number(part), 12 + index));
  return bytes;
}
