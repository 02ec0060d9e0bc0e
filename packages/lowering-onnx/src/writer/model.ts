import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema, type GraphProto, type ModelProto } from '../schema/onnx_pb.js';
import type { OnnxGraph } from './graph.js';
import { graphProto } from './protos.js';

/** The opset: old enough to be widely implemented, and the first with LayerNormalization. */
const OPSET = 17;
/** The version of the file format that belongs to {@link OPSET}. */
const IR_VERSION = 8n;

/** A model of a graph, which may be put in later. */
export function modelProto({ nodes }: OnnxGraph, graph?: GraphProto): ModelProto {
  const domains = new Set(nodes.map((node) => node.domain).filter((domain) => domain !== ''));
  return create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'attune',
    opsetImport: [
      { domain: '', version: BigInt(OPSET) },
      ...[...domains].map((domain) => ({ domain, version: 1n })),
    ],
    graph,
  });
}

/** The serialised model of a graph that has no weights. */
export function modelBytes(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  return toBinary(ModelProtoSchema, modelProto(graph, graphProto(graph))) as Uint8Array<ArrayBuffer>;
}
