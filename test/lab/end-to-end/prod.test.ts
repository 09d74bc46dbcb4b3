/**
 * `prod` in the lab: three zones, two NATs each. One fleet for all of it, because bringing one up costs more than most tests; each waits for
 * the zone that it needs whole, and the last loses one.
 */
import { describeInNamespaces } from "../support/in-namespaces";
import { keepUp } from "./lab";
import { atRest } from "./prod/at-rest";
import { failing } from "./prod/failing";
import { leaving } from "./prod/leaving";
import { measuring } from "./prod/measuring";
import { operators } from "./prod/operators";

describeInNamespaces("prod in the lab", () => {
  keepUp("prod");

  describe("at rest", atRest);
  describe("measure_rto.sh", measuring);
  describe("an operator", operators);
  describe("a NAT that leaves", leaving);
  describe("a NAT that fails", failing);
});
