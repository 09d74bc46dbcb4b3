import type { GamedayRecord } from "../../../lab/gameday/record";
import { VOID } from "../../../lab/gameday/judge";
import { lab } from "./lab";

const CONNECTIONS = 200;

/**
 * What counts against a run beside other work: how long TCP pauses is judged where the machine has nothing else to do; and of a run in which
 * the machine stood still, what is late for that reason says nothing. Deaths, foreign addresses, open doors and what does not come back always count.
 */
export function withoutTheMachines(reasons: readonly string[]): readonly string[] {
  const isVoid = reasons.some((reason) => reason.startsWith(VOID));
  return reasons.filter((reason) => !(isVoid ? LATE : /stalled for/).test(reason));
}

const LATE = new RegExp(`^${VOID}|stalled for|packets were lost|new connections failed|no new connection for`);

/**
 * Plays each fault once in the lab that is up, and expects that every connection lives on, that nobody from outside is let in and that
 * no other lane notices. How long TCP pauses is for gameday.
 * @param moves by fault, the lanes that move
 */
export async function expectSurvival(env: "prod" | "test", moves: Readonly<Record<string, number>>): Promise<void> {
  const faults = Object.keys(moves);
  const asked = ["--faults", faults.join(","), "--times", "1", "--connections", String(CONNECTIONS), "--voids", "0"];
  const { stdout, stderr } = await lab("gameday", "--json", "--env", env, ...asked);
  if (stdout === "") throw new Error(`gameday gave no record: ${stderr}`);
  const played = (JSON.parse(stdout) as Pick<GamedayRecord, "faults">).faults;
  const seen = played.flatMap(({ fault, runs }) =>
    runs.map(({ reasons, alive, connections, moves: moved }) => ({
      fault,
      reasons: withoutTheMachines(reasons),
      dead: connections - alive,
      moved,
    })),
  );

  expect(seen).toEqual(faults.map((fault) => ({ fault, reasons: [], dead: 0, moved: moves[fault] })));
}
