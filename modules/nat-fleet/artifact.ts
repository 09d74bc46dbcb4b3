import { Construct } from "constructs";
import { AssetType, TerraformAsset } from "cdktf";
import type { ITerraformDependable } from "cdktf";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { PrivateBucket } from "../shared/private-bucket";
import { bucketName } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";

/** The payload of the instances. */
export interface ArtifactProps {
  readonly deployment: Deployment;
  readonly payload: { readonly path: string; readonly sha256: string };
}

const FOLDER = "payload";

/**
 * Bucket with the payload tarball under a key that is its content: a launch template version never sees another one's. A release leaves the
 * old one there until the groups use the new.
 */
export class Artifact extends Construct {
  public readonly uri: string;
  /** What NATs may read, as an ARN: the payloads of other releases too, for a group that does not use the new one yet. */
  public readonly readable: string;
  public readonly sha256: string;
  public readonly ready: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: ArtifactProps) {
    super(scope, id);
    const bucket = new PrivateBucket(this, "Bucket", { name: bucketName(props.deployment, "artifacts") });
    const asset = new TerraformAsset(this, "Payload", {
      path: props.payload.path,
      type: AssetType.FILE,
      assetHash: props.payload.sha256,
    });
    const key = `${FOLDER}/${props.payload.sha256}.tar.gz`;
    const object = new S3Object(this, "Object", {
      bucket: bucket.name,
      key,
      source: asset.path,
      dependsOn: bucket.ready,
      // Another key is another object: Terraform would delete the old one first, and a NAT that a group launches meanwhile cannot boot.
      lifecycle: { createBeforeDestroy: true },
    });
    this.uri = `s3://${bucket.name}/${key}`;
    this.readable = `arn:aws:s3:::${bucket.name}/${FOLDER}/*`;
    this.sha256 = props.payload.sha256;
    this.ready = [object];
  }
}
