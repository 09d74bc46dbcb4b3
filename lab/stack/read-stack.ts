import { readControlPlane } from "./control-plane";
import { loadDocument, type StackDocument } from "./document";
import { readFleet } from "./fleet";
import type { StackModel } from "./model";
import { readNetwork } from "./network";
import { readScalingPolicy } from "./scaling";
import { Resources } from "./resource";
import { checkTypes } from "./types";

/**
 * The stack that `npm run synth` wrote to `<stackDirectory>/cdk.tf.json` (and assets beside it), references resolved, IDs given.
 * Throws for an expression, an attribute or a resource type that the lab does not know.
 */
export function readStack(stackDirectory: string): StackModel {
  return modelOf(loadDocument(stackDirectory));
}

export function modelOf(document: StackDocument): StackModel {
  checkTypes(Object.keys(document.resources));
  const resources = new Resources(document);
  return {
    env: document.env,
    region: document.region,
    accountId: document.accountId,
    ...readNetwork(resources),
    ...readFleet(resources),
    scalingPolicies: resources.of("aws_autoscaling_policy").map(readScalingPolicy),
    ...readControlPlane(resources),
    outputs: resources.outputs(),
  };
}
