import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type GraphProto, type NodeProto } from '../schema/onnx_pb.js';

/** The graph of a serialised model. */
export function readGraph(model: Uint8Array): GraphProto {
  return fromBinary(ModelProtoSchema, model).graph!;
}

/** The operators of a model, in order. */
export function operators(model: Uint8Array): string[] {
  return readGraph(model).node.map((node) => node.opType);
}

/** Nodes of one operator. */
export function nodesOf(model: Uint8Array, operator: string): NodeProto[] {
  return readGraph(model).node.filter((node) => node.opType === operator);
}
