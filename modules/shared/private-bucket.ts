import { Construct } from "constructs";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import type { ITerraformDependable } from "cdktf";

/** A bucket that only we read. */
export interface PrivateBucketProps {
  readonly name: string;
  /**
   * An AWS service that delivers files into the bucket.
   * @default - nobody but the account's own principals
   */
  readonly writer?: { readonly service: string; readonly sourceArn: string; readonly accountId: string };
}

/** Bucket with encryption, public access block and a policy that refuses plain HTTP. Costs what it stores. */
export class PrivateBucket extends Construct {
  public readonly name: string;
  /** Policy and settings, for whoever must not write before they stand. */
  public readonly ready: ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    this.name = props.name;
    // What is in our buckets can be built again (artifacts) or is a log; a bucket that outlives `destroy` would cost on.
    const bucket = new S3Bucket(this, "Resource", { bucket: props.name, forceDestroy: true });
    const encryption = new S3BucketServerSideEncryptionConfigurationA(this, "Encryption", {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    const block = new S3BucketPublicAccessBlock(this, "PublicAccessBlock", {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const policy = new S3BucketPolicy(this, "Policy", { bucket: bucket.id, policy: bucketPolicy(props), dependsOn: [block] });
    this.ready = [encryption, policy];
  }
}

function bucketPolicy({ name, writer }: PrivateBucketProps): string {
  const arn = `arn:aws:s3:::${name}`;
  const source = writer && {
    StringEquals: { "aws:SourceAccount": writer.accountId },
    ArnLike: { "aws:SourceArn": writer.sourceArn },
  };
  const principal = writer && { Service: writer.service };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      ...(writer
        ? [
            {
              Sid: "Write",
              Effect: "Allow",
              Principal: principal,
              Action: "s3:PutObject",
              Resource: `${arn}/*`,
              Condition: source,
            },
            { Sid: "Check", Effect: "Allow", Principal: principal, Action: "s3:GetBucketAcl", Resource: arn, Condition: source },
          ]
        : []),
    ],
  });
}
