import { parseDocument, type JsonObject, type StackDocument } from "../../../lab/stack/document";

type ResourceMap = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

/** A network that the readers accept: one subnet, its table, a gateway. */
export const NETWORK: ResourceMap = {
  aws_vpc: { Vpc: { cidr_block: "10.0.0.0/16" } },
  aws_internet_gateway: { Gateway: { vpc_id: "${aws_vpc.Vpc.id}" } },
  aws_subnet: { "Public-az1": { availability_zone_id: "use1-az1", cidr_block: "10.0.0.0/24", tags: { Name: "public" } } },
  aws_route_table: { Public: { vpc_id: "${aws_vpc.Vpc.id}" } },
  aws_route_table_association: {
    Public: { route_table_id: "${aws_route_table.Public.id}", subnet_id: "${aws_subnet.Public-az1.id}" },
  },
};

/** A synthesised stack with these resources, outputs and default tags. */
export function stackWith(resources: ResourceMap, outputs: JsonObject = {}, more: JsonObject = {}): StackDocument {
  const text = JSON.stringify({
    "//": { metadata: { stackName: "test" } },
    provider: {
      aws: [{ region: "us-east-1", allowed_account_ids: ["123456789012"], default_tags: [{ tags: { Project: "ha-nat" } }] }],
    },
    output: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])),
    resource: resources,
    ...more,
  });
  return parseDocument("/stack", text, "/stack/cdk.tf.json");
}
