/**
 * Options of a process that stands for a machine of its own: a session of its own. Where the kernel shares the cores out by session
 * (sched_autogroup, the default of Debian and Ubuntu), it has the share of a machine, and not what the boot of another one leaves it.
 * Measured: docs/decisions/0019-a-session-for-each-machine-of-the-lab.md.
 */
export const MACHINE = { detached: true } as const;
