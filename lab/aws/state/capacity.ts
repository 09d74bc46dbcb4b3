import type { AutoScalingGroupModel } from "../../stack/model";

/** How many instances a group may have, and wants. */
export interface Size {
  readonly min: number;
  readonly max: number;
  readonly desired: number;
}

/** Sizes of the groups: the stack's at first, then what callers made of them. */
export class Capacity {
  private readonly sizes: Map<string, Size>;

  constructor(groups: readonly AutoScalingGroupModel[]) {
    this.sizes = new Map(groups.map(({ name, minSize: min, maxSize: max, desired }) => [name, { min, max, desired }]));
  }

  of(groupName: string): Size {
    const size = this.sizes.get(groupName);
    if (size === undefined) throw new Error(`Auto Scaling group ${groupName} is not in the stack`);
    return size;
  }

  set(groupName: string, size: Size): void {
    this.sizes.set(groupName, size);
  }
}
