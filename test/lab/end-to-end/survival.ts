import type { GamedayRecord } from "../../../lab/gameday/record";
import { lab } from "./lab";

const CONNECTIONS = 200;

/**
 * Plays each fault once in the lab that is up, and expects that every connection lives on, that nobody from outside is let in and that
 * no other lane notices. How long TCP pauses is judged where the machine has nothing else to do, and a run on a busy one is void: gameday.
 * @param moves by fault, the lanes that move
 */
export async function expectSurvival(env: "prod" | "test", moves: Readonly<Record<string, number>>): Promise<void> {
  const faults = Object.keys(moves);
  const asked = ["--faults", faults.join(","), "--times", "1", "--connections", String(CONNECTIONS)];
  const { stdout, stderr } = await lab("gameday", "--json", "--env", env, ...asked);
  if (stdout === "") throw new Error(`gameday gave no record: ${stderr}`);
  const played = (JSON.parse(stdout) as Pick<GamedayRecord, "faults">).faults;
  const seen = played.flatMap(({ fault, runs }) =>
    runs.map(({ reasons, alive, connections, moves: moved }) => ({
      fault,
      reasons: reasons.filter((reason) => !/stalled for|^void:/.test(reason)),
      dead: connections - alive,
      moved,
    })),
  );

  expect(seen).toEqual(faults.map((fault) => ({ fault, reasons: [], dead: 0, moved: moves[fault] })));
}
