import { CborCodec } from "@smithy/core/cbor";
import { FromStringShapeDeserializer, JsonCodec2, ToStringShapeSerializer } from "@smithy/core/protocols";
import { XmlCodec } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { Service } from "./service";

/** A codec of the SDK, as far as the server uses it. */
export interface BodyCodec {
  read(schema: NormalizedSchema, body: Uint8Array): Promise<unknown>;
  write(schema: NormalizedSchema, value: unknown): string | Uint8Array;
}

/** Smithy's numbers of the timestamp formats: what a member without a trait uses. */
const DATE_TIME = 5;
const EPOCH_SECONDS = 7;

const text = { timestampFormat: { useTrait: true, default: DATE_TIME } } as const;

/** Leaves of a form: text → value. */
export const fromForm = new FromStringShapeDeserializer({ ...text, httpBindings: false });
/** Labels, query parameters and headers: text → value, and back. */
export const fromBinding = new FromStringShapeDeserializer({ ...text, httpBindings: true });
export const toBinding = new ToStringShapeSerializer({ ...text, httpBindings: true });

export function jsonCodec(rest: boolean): BodyCodec {
  return wrap(
    new JsonCodec2({ timestampFormat: { useTrait: true, default: EPOCH_SECONDS }, jsonName: rest, httpBindings: rest } as any),
  );
}

export function cborCodec(): BodyCodec {
  return wrap(new CborCodec());
}

export function xmlCodec(service: Service, rest: boolean): BodyCodec {
  const settings = { xmlNamespace: service.xmlNamespace, serviceNamespace: service.namespace, serializeEmptyLists: true };
  return wrap(new XmlCodec({ ...text, ...settings, httpBindings: rest }));
}

function wrap(codec: any): BodyCodec {
  return {
    read: async (schema, body) => codec.createDeserializer().read(schema, body),
    write(schema, value) {
      const serializer = codec.createSerializer();
      serializer.write(schema, value);
      return serializer.flush();
    },
  };
}
