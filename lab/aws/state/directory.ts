import type { StackModel, Tags } from "../../stack/model";
import type { ResourceDirectory } from "../iam/resources";
import type { Instances } from "./instances";

/** What the authorizer must know of resources: tags of the stack's own and of what was launched since. */
export function createDirectory(model: StackModel, instances: Instances): ResourceDirectory {
  return {
    tagsOf: (arn) => {
      const group = model.autoScalingGroups.find((candidate) => candidate.arn === arn);
      if (group !== undefined) return group.tags;
      const [, kind = "", id = ""] = /:([a-z-]+)\/([^/]+)$/.exec(arn) ?? [];
      return tagsOfEc2(model, instances, kind, id) ?? {};
    },
    autoScalingGroupArn: (name) => model.autoScalingGroups.find((group) => group.name === name)?.arn,
    autoScalingGroupOf: (instanceId) => instances.find(instanceId)?.groupName,
  };
}

function tagsOfEc2(model: StackModel, instances: Instances, kind: string, id: string): Tags | undefined {
  switch (kind) {
    case "instance":
      return instances.find(id)?.tags;
    case "network-interface":
      return instances.all().find((record) => record.eniId === id)?.eniTags;
    case "route-table":
      return model.routeTables.find((table) => table.routeTableId === id)?.tags;
    case "network-acl":
      return model.networkAcls.find((acl) => acl.networkAclId === id)?.tags;
    case "elastic-ip":
      return model.addresses.find((address) => address.allocationId === id)?.tags;
    case "subnet":
      return model.subnets.find((subnet) => subnet.subnetId === id)?.tags;
    default:
      return undefined;
  }
}
