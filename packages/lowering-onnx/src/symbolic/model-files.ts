import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AttuneError } from '@attune/core';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation as DataLocation,
  TensorProtoSchema,
} from '../schema/onnx_pb.js';
import { IR_VERSION, OPSET } from '../writer/graph-writer.js';
import type { SymbolicGraph } from './symbolic-graph.js';
import { elementTypes, weightBytes, type SymbolicWeight } from './values.js';

/** How the weights of a model are spread over files. */
export interface ModelFileOptions {
  /** Name of the model's own file, e.g. `model.onnx`. */
  readonly file: string;
  /** Weights of more bytes than this lie beside the model: one of 2 GiB cannot be read. Default: 16 MiB less than that. */
  readonly maxModelBytes?: number;
  /** Bytes a file of weights is begun anew after. Default 2 · 10⁹: what a browser can hold in one buffer. */
  readonly maxDataBytes?: number;
}

/** The files of a model by name, the model's own first. Each can be read once; weights are read as they are written. */
export type ModelFiles = ReadonlyMap<string, AsyncIterable<Uint8Array>>;

/** Where weights begin in a file of theirs: a page, so that the file can be mapped into memory. */
const ALIGNMENT = 4096;

// Numbers of fields in ONNX's schema.
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;

/** The protobuf key and length of a field of `bytes` bytes. */
function fieldHeader(field: number, bytes: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(bytes).finish();
}

/** A weight's bytes. @throws AttuneError CHECKPOINT_MISMATCH if there are more or fewer than its shape asks for. */
async function bytesOf(weight: SymbolicWeight): Promise<Uint8Array> {
  const bytes = await weight.read();
  const expected = weightBytes(weight);
  if (bytes.byteLength === expected) return bytes;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The weight ${weight.name} must have ${expected} bytes, but has ${bytes.byteLength}.`,
  );
}

function tensorHeader({ name, shape, elementType }: SymbolicWeight) {
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: elementTypes[elementType] });
}

/** The message of a model up to its graph's fields, of which `graphBytes` follow. */
function modelHeader(graphBytes: number): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'attune',
    opsetImport: [{ domain: '', version: BigInt(OPSET) }],
  });
  return concat([toBinary(ModelProtoSchema, model), fieldHeader(MODEL_GRAPH, graphBytes)]);
}

/** The model in one file. A message is the sequence of its fields, so that weights can be written one by one. */
async function* embedded(graph: SymbolicGraph): AsyncGenerator<Uint8Array> {
  const rest = toBinary(GraphProtoSchema, graph.toProto());
  const heads = graph.weights.map((weight) => {
    const bytes = weightBytes(weight);
    const tensor = concat([
      toBinary(TensorProtoSchema, tensorHeader(weight)),
      fieldHeader(TENSOR_RAW_DATA, bytes),
    ]);
    return concat([fieldHeader(GRAPH_INITIALIZER, tensor.length + bytes), tensor]);
  });
  const size = graph.weights.reduce(
    (sum, weight, i) => sum + heads[i]!.length + weightBytes(weight),
    rest.length,
  );
  yield modelHeader(size);
  yield rest;
  for (const [i, weight] of graph.weights.entries()) {
    yield heads[i]!;
    yield await bytesOf(weight);
  }
}

/** Where a weight lies in the files beside the model. */
interface Place {
  readonly weight: SymbolicWeight;
  readonly offset: number;
}

/** Weights in the order given, spread over as few files as there have to be. */
function placeWeights(weights: readonly SymbolicWeight[], maxBytes: number): Place[][] {
  const files: Place[][] = [];
  let end = Infinity;
  for (const weight of weights) {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    const fits = offset + weightBytes(weight) <= maxBytes;
    if (!fits) files.push([]);
    files.at(-1)!.push({ weight, offset: fits ? offset : 0 });
    end = (fits ? offset : 0) + weightBytes(weight);
  }
  return files;
}

async function* dataFile(places: readonly Place[]): AsyncGenerator<Uint8Array> {
  let end = 0;
  for (const { weight, offset } of places) {
    if (offset > end) yield new Uint8Array(offset - end);
    yield await bytesOf(weight);
    end = offset + weightBytes(weight);
  }
}

async function* withExternalData(
  graph: SymbolicGraph,
  files: readonly (readonly Place[])[],
  nameOf: (index: number) => string,
): AsyncGenerator<Uint8Array> {
  const proto = graph.toProto();
  for (const [index, places] of files.entries()) {
    for (const { weight, offset } of places) {
      const tensor = tensorHeader(weight);
      tensor.dataLocation = DataLocation.EXTERNAL;
      const place = { location: nameOf(index), offset, length: weightBytes(weight) };
      tensor.externalData = Object.entries(place).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value: String(value) }),
      );
      proto.initializer.push(tensor);
    }
  }
  const bytes = toBinary(GraphProtoSchema, proto);
  yield modelHeader(bytes.length);
  yield bytes;
}

/**
 * A graph as the files of an ONNX model. Its weights are part of the model's own file, unless they are too many: then
 * they lie beside it, in `<file>_data`, `<file>_data_1` and so on, as transformers.js looks for them.
 */
export function modelFiles(graph: SymbolicGraph, options: ModelFileOptions): ModelFiles {
  const { file, maxModelBytes = 2 ** 31 - 2 ** 24, maxDataBytes = 2e9 } = options;
  const { weights } = graph;
  if (weights.reduce((sum, weight) => sum + weightBytes(weight), 0) <= maxModelBytes) {
    return new Map([[file, embedded(graph)]]);
  }
  const nameOf = (index: number) => `${file}_data${index === 0 ? '' : `_${index}`}`;
  const files = placeWeights(weights, maxDataBytes);
  return new Map([
    [file, withExternalData(graph, files, nameOf)],
    ...files.map((places, index) => [nameOf(index), dataFile(places)] as const),
  ]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
