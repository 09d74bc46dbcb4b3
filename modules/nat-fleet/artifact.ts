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

/** Bucket with the payload tarball under a key that is its content: a launch template version never sees another one's. */
export class Artifact extends Construct {
  public readonly uri: string;
  public readonly arn: string;
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
    const key = `payload/${props.payload.sha256}.tar.gz`;
    const object = new S3Object(this, "Object", { bucket: bucket.name, key, source: asset.path, dependsOn: bucket.ready });
    this.uri = `s3://${bucket.name}/${key}`;
    this.arn = `arn:aws:s3:::${bucket.name}/${key}`;
    this.sha256 = props.payload.sha256;
    this.ready = [object];
  }
}
