import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type * as s3 from "@aws-sdk/client-s3";
import type { StackModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import { AwsError } from "../wire/call";
import { paginate } from "./paginate";

type ObjectModel = StackModel["objects"][number];

/** The objects that the stack uploads, read from where the stack reads them. */
export function s3Handlers(objects: readonly ObjectModel[]): Handlers<typeof s3> {
  return {
    GetObject: async (input) => {
      if (input.Range !== undefined) throw new AwsError("NotImplemented", "The lab gives whole objects only, no Range.", 501);
      const object = requireObject(objects, input.Bucket, input.Key);
      const content = await readFile(object.path);
      return {
        Body: content,
        ...(await describe(object, content)),
      };
    },

    HeadObject: async (input) => {
      const object = requireObject(objects, input.Bucket, input.Key);
      return describe(object, await readFile(object.path));
    },

    ListObjectsV2: async (input) => {
      if (input.Delimiter !== undefined && input.Delimiter !== "/") {
        throw new AwsError("NotImplemented", `The lab lists with the delimiter / only, not ${input.Delimiter}.`, 501);
      }
      requireBucket(objects, input.Bucket);
      const prefix = input.Prefix ?? "";
      const found = objects.filter((object) => object.bucket === input.Bucket && object.key.startsWith(prefix));
      const groups = new Set(input.Delimiter === undefined ? [] : found.flatMap(({ key }) => folder(key, prefix)));
      const direct = found.filter(({ key }) => input.Delimiter === undefined || folder(key, prefix).length === 0);
      const page = paginate(direct, ({ key }) => key, {
        size: input.MaxKeys,
        token: input.ContinuationToken,
        bounds: { min: 1, max: 1000 },
        badToken: "InvalidArgument",
      });
      return {
        Name: input.Bucket,
        Prefix: prefix,
        MaxKeys: input.MaxKeys ?? 1000,
        KeyCount: page.items.length,
        IsTruncated: page.next !== undefined,
        NextContinuationToken: page.next,
        CommonPrefixes: [...groups].map((Prefix) => ({ Prefix })),
        Contents: await Promise.all(
          page.items.map(async (object) => {
            const { size, mtimeMs } = await stat(object.path);
            return { Key: object.key, Size: size, LastModified: new Date(mtimeMs), StorageClass: "STANDARD" as const };
          }),
        ),
      };
    },
  };
}

/** The folder under the prefix that holds the key, if any. */
function folder(key: string, prefix: string): readonly string[] {
  const slash = key.indexOf("/", prefix.length);
  return slash < 0 ? [] : [key.slice(0, slash + 1)];
}

function requireBucket(objects: readonly ObjectModel[], bucket: string | undefined): void {
  if (!objects.some((object) => object.bucket === bucket)) {
    throw new AwsError("NoSuchBucket", `The specified bucket does not exist: ${bucket}`, 404);
  }
}

function requireObject(objects: readonly ObjectModel[], bucket: string | undefined, key: string | undefined): ObjectModel {
  requireBucket(objects, bucket);
  const object = objects.find((candidate) => candidate.bucket === bucket && candidate.key === key);
  if (object === undefined) throw new AwsError("NoSuchKey", `The specified key does not exist: ${key}`, 404);
  return object;
}

async function describe({ path }: ObjectModel, content: Buffer) {
  const { mtimeMs } = await stat(path);
  const ETag = `"${createHash("md5").update(content).digest("hex")}"`;
  return {
    ContentLength: content.length,
    ContentType: "application/octet-stream",
    LastModified: new Date(mtimeMs),
    ETag,
    AcceptRanges: "bytes",
  };
}
