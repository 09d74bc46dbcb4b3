/** Prefix of every physical name, parameter path, environment variable and nftables object, so an operator can tell ours from theirs. */
export const PROJECT = "ha-nat";

/** `ha-nat-<env>-<thing>`: the physical name of a resource. */
export function physicalName(env: string, thing: string): string {
  return `${PROJECT}-${env}-${thing}`;
}

/** `<az-id>-l<n>`, n from 1: the name of a lane. Example: `use1-az1-l1`. */
export function laneName(zone: string, number: number): string {
  return `${zone}-l${number}`;
}

/** Letters of the NATs of a zone, in order: `<az-id>-a`. At most four NATs a zone. */
export const NAT_LETTERS = ["a", "b", "c", "d"] as const;

/** `<az-id>-<letter>`: the name of a NAT. */
export function natName(zone: string, letter: string): string {
  return `${zone}-${letter}`;
}
