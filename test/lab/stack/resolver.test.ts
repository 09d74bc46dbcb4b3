import type { Json } from "../../../lab/stack/document";
import { Resolver } from "../../../lab/stack/resolver";
import { stackWith } from "./small-stack";

const document = stackWith({
  aws_vpc: {
    Vpc: {
      cidr_block: "10.0.0.0/16",
      tags: { "a b": "c" },
      list: ["x", "y"],
      flag: true,
      loop: "${aws_vpc.Vpc.back}",
      back: "${aws_vpc.Vpc.loop}",
    },
  },
  aws_subnet: { "Public-az1": { vpc_id: "${aws_vpc.Vpc.id}" } },
  aws_eip: { B: {}, A: {} },
  aws_sqs_queue: { Q: { name: "failover.fifo" } },
  aws_iam_role: { R: { name: "nat" } },
  aws_lb_target_group: { T: { name: "nat" } },
});

const resolve = (value: Json) => new Resolver(document).resolve(value, "aws_thing.T.key");

describe("expressions that the resolver knows", () => {
  test.each<[string, Json, Json]>([
    ["text", "a literal", "a literal"],
    ["numbers and truth values", [1, true, null], [1, true, null]],
    ["an argument", "${aws_vpc.Vpc.cidr_block}", "10.0.0.0/16"],
    ["an argument that keeps its type", "${aws_vpc.Vpc.flag}", true],
    ["an expression within text", '{"cidr":"${aws_vpc.Vpc.cidr_block}","x":"$"}', '{"cidr":"10.0.0.0/16","x":"$"}'],
    ["a key of a map", '${aws_vpc.Vpc.tags["a b"]}', "c"],
    ["an item of a list", "${aws_vpc.Vpc.list[1]}", "y"],
    ["a literal dollar and brace", "$${aws_vpc.Vpc.id} %%{if}", "${aws_vpc.Vpc.id} %{if}"],
    ["base64", '${base64encode("a \\"b\\"\\n${aws_vpc.Vpc.cidr_block}")}', Buffer.from('a "b"\n10.0.0.0/16').toString("base64")],
    ["a queue's URL", "${aws_sqs_queue.Q.url}", "https://sqs.us-east-1.amazonaws.com/123456789012/failover.fifo"],
    ["a role's ARN", "${aws_iam_role.R.arn}", "arn:aws:iam::123456789012:role/nat"],
    ["Elastic IPs in the order of their addresses", "${aws_eip.A.public_ip} ${aws_eip.B.public_ip}", "198.51.100.1 198.51.100.2"],
  ])("%s", (_case, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test("IDs have AWS's shape, are the same in every run, and differ by address", () => {
    expect(resolve("${aws_subnet.Public-az1.id}")).toMatch(/^subnet-[0-9a-f]{17}$/);
    expect(resolve("${aws_subnet.Public-az1.vpc_id}")).toBe(resolve("${aws_vpc.Vpc.id}"));
    expect(resolve("${aws_eip.A.id}")).toMatch(/^eipalloc-[0-9a-f]{17}$/);
    expect(resolve("${aws_eip.A.id}")).not.toBe(resolve("${aws_eip.B.id}"));
    expect(resolve("${aws_lb_target_group.T.arn}")).toMatch(
      /^arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup\/nat\/[0-9a-f]{16}$/,
    );
  });
});

describe("what the resolver does not know is an error that names it and where it stands", () => {
  test.each([
    ["a function", '${join(",", [])}', 'aws_thing.T.key: the lab does not know the expression ${join(",", [])}'],
    ["a data source", "${data.aws_ami.al2023.id}", "the expression ${data.aws_ami.al2023.id}"],
    ["a local", "${local.x}", "the expression ${local.x}"],
    ["a condition", "${aws_vpc.Vpc.flag ? 1 : 2}", "the expression ${aws_vpc.Vpc.flag ? 1 : 2}"],
    ["a splat", "${aws_vpc.Vpc.list.*.id}", "the expression ${aws_vpc.Vpc.list.*.id}"],
    ["a directive", "%{ if true }a%{ endif }", "template directives"],
    ["a resource that is not there", "${aws_vpc.Other.id}", "the stack has no resource aws_vpc.Other"],
    ["an attribute that AWS gives and the lab does not", "${aws_vpc.Vpc.owner_id}", "the attribute aws_vpc.Vpc.owner_id"],
    ["a list within text", "a ${aws_vpc.Vpc.list}", "${aws_vpc.Vpc.list} within text: must be text"],
    ["a key that is not there", '${aws_vpc.Vpc.tags["z"]}', 'aws_vpc.Vpc.tags["z"]} leads nowhere'],
    ["a circle", "${aws_vpc.Vpc.loop}", "references form a circle: aws_vpc.Vpc.loop → aws_vpc.Vpc.back → aws_vpc.Vpc.loop"],
    ["an open brace", "${aws_vpc.Vpc.id", "the expression is not closed"],
  ])("%s", (_case, value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });

  test("the place within lists and objects is named", () => {
    expect(() => resolve({ a: [1, "${local.x}"] })).toThrow("aws_thing.T.key.a[1]: the lab does not know");
  });
});
