import { create } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  type AttributeProto,
} from '../schema/onnx_pb.js';

/** An attribute of an ONNX node: a text, or numbers of a stated kind, since JavaScript's do not say. */
export type AttributeValue =
  string | { readonly int: number } | { readonly float: number } | { readonly ints: readonly number[] };

/** Attributes by name. */
export type NodeAttributes = Readonly<Record<string, AttributeValue>>;

/** An attribute as a message of the schema. */
export function attributeProto(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'string') {
    // ASCII: names of operators' modes.
    const s = Uint8Array.from([...value], (letter) => letter.charCodeAt(0));
    return create(AttributeProtoSchema, { name, type: Type.STRING, s });
  }
  if ('int' in value) return create(AttributeProtoSchema, { name, type: Type.INT, i: BigInt(value.int) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: Type.INTS, ints: value.ints.map(BigInt) });
}
