import { Gaps, Waits } from "../../../lab/crowd/connection";
import { Answers, PingFlow } from "../../../lab/crowd/datagrams";

describe("the silence in a stream", () => {
  test("is what lies beyond its pace", () => {
    const gaps = new Gaps(50);
    for (const at of [0, 50, 100, 900, 950]) gaps.arrived(at);

    expect(gaps.longestMs(960)).toBe(750);
  });

  test("counts while it still lasts", () => {
    const gaps = new Gaps(50);
    gaps.arrived(0);

    expect(gaps.longestMs(2050)).toBe(2000);
  });

  test("is not the fault's where it came before the mark", () => {
    const gaps = new Gaps(50);
    for (const at of [0, 5000]) gaps.arrived(at);
    gaps.mark(5010);
    gaps.arrived(5060);

    expect(gaps.longestMs(5060)).toBe(10);
  });

  test("that lasts at the mark counts from the mark on", () => {
    const gaps = new Gaps(50);
    gaps.arrived(0);
    gaps.mark(1000);
    gaps.arrived(1300);

    expect(gaps.longestMs(1300)).toBe(300);
  });
});

describe("the wait for an answer", () => {
  test("is measured from its own message, in order", () => {
    const waits = new Waits();
    waits.send(0);
    waits.send(100);
    waits.answered(700);
    waits.answered(720);

    expect(waits.longestMs(800)).toBe(700);
    expect(waits.pending).toBe(0);
  });

  test("counts while it still lasts, and an answer to nothing is nothing", () => {
    const waits = new Waits();
    waits.answered(10);
    waits.send(100);

    expect(waits.longestMs(2100)).toBe(2000);
    expect(waits.pending).toBe(1);
  });

  test("stays right over thousands of messages", () => {
    const waits = new Waits();
    for (let at = 0; at < 5000; at += 1) {
      waits.send(at);
      waits.answered(at + 3);
    }

    expect(waits.longestMs(5003)).toBe(3);
    expect(waits.pending).toBe(0);
  });
});

describe("numbered packets", () => {
  test("are lost when no answer comes within a second, and a late one does not bring them back", () => {
    const answers = new Answers();
    answers.sent(1, 0);
    answers.sent(2, 500);
    answers.expire(1100);

    expect(answers.lost).toBe(1);
    expect(answers.arrived(1)).toBe(false);
    expect(answers.arrived(2)).toBe(true);
    expect(answers.arrived(2)).toBe(false);
    answers.expire(9000);
    expect(answers.lost).toBe(1);
  });
});

describe("a ping that cannot be sent", () => {
  test("says at once what the program said", async () => {
    // An argument that it refuses by itself: no name is looked up, and no packet leaves.
    await expect(new PingFlow("--nonsense").open()).rejects.toThrow(/^ping ended with 2: ping: (invalid|unrecognized) option/);
  });
});
