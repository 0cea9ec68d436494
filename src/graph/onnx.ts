import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { messageOf, UserError } from '../core/errors.js';
import { dtypeCode, dtypeOfCode } from './dtype-code.js';
import { withoutFunctions } from './inline-functions.js';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.js';
import {
  type ArrayOf,
  type Attribute,
  type Dim,
  type DType,
  type Graph,
  type Model,
  type Node,
  sizeOf,
  type TensorData,
  toInt64,
  type ValueInfo,
} from './types.js';
import { assertReadable } from './wire-bound.js';

type NumericArray = Exclude<ArrayOf[DType], string[]>;
interface ArrayType<A> {
  new (buffer: ArrayBuffer): A;
  readonly BYTES_PER_ELEMENT: number;
}
const ARRAY: { readonly [T in Exclude<DType, 'string'>]: ArrayType<ArrayOf[T]> } = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  bfloat16: Uint16Array,
};

/** Makes a tensor from little-endian bytes, which are copied. Throws if their number does not fit. */
export function tensorFromBytes(dtype: DType, dims: readonly number[], bytes: Uint8Array): TensorData {
  if (dtype === 'string') throw new UserError('a string tensor cannot be made from bytes');
  const expected = sizeOf(dims) * ARRAY[dtype].BYTES_PER_ELEMENT;
  if (bytes.length !== expected) {
    throw new UserError(`a ${dtype} tensor of shape [${dims}] needs ${expected} bytes, not ${bytes.length}`);
  }
  // Not slice(): that of a Node buffer shares its memory.
  return { dtype, dims, data: new ARRAY[dtype](new Uint8Array(bytes).buffer) } as TensorData;
}

/** The elements as bytes, without a copy. */
export function bytesOf(tensor: TensorData): Uint8Array {
  if (tensor.dtype === 'string') throw new UserError('a string tensor has no bytes');
  const data: NumericArray = tensor.data;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

// ---- writing ----

/** Serialises a model as an ONNX file. */
export function writeModel(model: Model): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: BigInt(model.irVersion),
      producerName: model.producer,
      opsetImport: Object.entries(model.opsets).map(([domain, version]) => ({ domain, version: BigInt(version) })),
      metadataProps: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
      graph: writeGraph(model.graph),
    }),
  );
}

function writeGraph(graph: Graph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    node: graph.nodes.map((node) =>
      create(NodeProtoSchema, {
        opType: node.op,
        domain: node.domain,
        name: node.name,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, value]) => writeAttribute(name, value)),
      }),
    ),
    input: graph.inputs.map(writeValueInfo),
    output: graph.outputs.map(writeValueInfo),
    valueInfo: [...graph.valueInfo.values()].map(writeValueInfo),
    initializer: [...graph.initializers].map(([name, tensor]) => writeTensor(name, tensor)),
    metadataProps: Object.entries(graph.metadata ?? {}).map(([key, value]) => ({ key, value })),
  });
}

function writeAttribute(name: string, a: Attribute): AttributeProto {
  const utf8 = new TextEncoder();
  switch (a.kind) {
    case 'int':
      return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: toInt64(a.value) });
    case 'ints':
      return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: a.value.map(toInt64) });
    case 'float':
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: a.value });
    case 'floats':
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...a.value] });
    case 'string':
      return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: utf8.encode(a.value) });
    case 'strings':
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.STRINGS,
        strings: a.value.map((s) => utf8.encode(s)),
      });
    case 'tensor':
      return create(AttributeProtoSchema, { name, type: AttributeType.TENSOR, t: writeTensor('', a.value) });
    case 'graph':
      return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: writeGraph(a.value) });
  }
}

function writeTensor(name: string, tensor: TensorData): TensorProto {
  const common = { name, dims: tensor.dims.map(BigInt), dataType: dtypeCode(tensor.dtype) };
  if (tensor.dtype === 'string') {
    const utf8 = new TextEncoder();
    return create(TensorProtoSchema, { ...common, stringData: tensor.data.map((s) => utf8.encode(s)) });
  }
  return create(TensorProtoSchema, { ...common, rawData: bytesOf(tensor) });
}

function writeValueInfo(info: ValueInfo): ValueInfoProto {
  const shape =
    info.dims === undefined
      ? {}
      : {
          shape: {
            dim: info.dims.map((d) => ({
              value:
                typeof d === 'number'
                  ? ({ case: 'dimValue', value: BigInt(d) } as const)
                  : ({ case: 'dimParam', value: d } as const),
            })),
          },
        };
  return create(ValueInfoProtoSchema, {
    name: info.name,
    type: { value: { case: 'tensorType', value: { elemType: dtypeCode(info.dtype), ...shape } } },
  });
}

// ---- reading ----

/** Bytes of a tensor that is stored beside the model file. */
export type ExternalData = (location: string, offset: number, length: number | undefined) => Uint8Array;

/**
 * Reads an ONNX file.
 *
 * @param externalData called for tensors stored beside the model; without it such a tensor is an error.
 * @throws {UserError} if the bytes are not an ONNX model, or a tensor's data does not fit its shape.
 */
export function readModel(bytes: Uint8Array, externalData?: ExternalData): Model {
  let proto: ReturnType<typeof decode>;
  try {
    proto = decode(bytes);
  } catch (error) {
    throw new UserError(`not an ONNX model: ${messageOf(error)}`);
  }
  if (proto.graph === undefined) throw new UserError('not an ONNX model: it holds no graph');
  return {
    graph: readGraph(withoutFunctions(proto, proto.graph), { external: externalData, depth: 0 }),
    opsets: Object.fromEntries(
      proto.opsetImport.map(({ domain, version }) => [domain === 'ai.onnx' ? '' : domain, Number(version)]),
    ),
    irVersion: Number(proto.irVersion),
    producer: proto.producerName,
    metadata: textOf(proto.metadataProps),
  };
}

function textOf(props: readonly { readonly key: string; readonly value: string }[]): Record<string, string> {
  return Object.fromEntries(props.map(({ key, value }) => [key, value]));
}

function decode(bytes: Uint8Array) {
  assertReadable(bytes, ModelProtoSchema);
  return fromBinary(ModelProtoSchema, bytes);
}

interface Reading {
  readonly external: ExternalData | undefined;
  /** How many graphs this one is nested in. */
  readonly depth: number;
}

const MOST_NESTED = 32;

function readGraph(graph: GraphProto, reading: Reading): Graph {
  if (reading.depth > MOST_NESTED) throw new UserError(`graphs are nested more than ${MOST_NESTED} deep`);
  const initializers = new Map<string, TensorData>();
  for (const tensor of graph.initializer) initializers.set(tensor.name, readTensor(tensor, reading.external));
  if (graph.sparseInitializer.length > 0) throw new UserError('sparse initializers are not known to onecycle');
  const valueInfo = new Map<string, ValueInfo>();
  for (const info of graph.valueInfo) {
    const read = readValueInfo(info);
    if (read !== undefined) valueInfo.set(info.name, read);
  }
  const known = (info: ValueInfoProto): ValueInfo => {
    const read = readValueInfo(info);
    if (read === undefined) throw new UserError(`${info.name} is not a tensor; only tensors are known to onecycle`);
    return read;
  };
  return {
    name: graph.name,
    // Old files list initializers among the inputs too.
    inputs: graph.input.filter((input) => !initializers.has(input.name)).map(known),
    outputs: graph.output.map(known),
    nodes: graph.node.map((node, i): Node => {
      const named = node.attribute.map((a) => [a.name, readAttribute(node.name || node.opType, a, reading)] as const);
      return {
        op: node.opType,
        domain: node.domain === 'ai.onnx' ? '' : node.domain,
        name: node.name || `${node.opType}_${i}`,
        inputs: node.input,
        outputs: node.output,
        attributes: Object.fromEntries(named),
      };
    }),
    initializers,
    valueInfo,
    ...(graph.metadataProps.length === 0 ? {} : { metadata: textOf(graph.metadataProps) }),
  };
}

function readAttribute(node: string, a: AttributeProto, reading: Reading): Attribute {
  const text = new TextDecoder();
  switch (a.type) {
    case AttributeType.INT:
      return { kind: 'int', value: Number(a.i) };
    case AttributeType.INTS:
      return { kind: 'ints', value: a.ints.map(Number) };
    case AttributeType.FLOAT:
      return { kind: 'float', value: a.f };
    case AttributeType.FLOATS:
      return { kind: 'floats', value: a.floats };
    case AttributeType.STRING:
      return { kind: 'string', value: text.decode(a.s) };
    case AttributeType.STRINGS:
      return { kind: 'strings', value: a.strings.map((s) => text.decode(s)) };
    case AttributeType.TENSOR:
      if (a.t !== undefined) return { kind: 'tensor', value: readTensor(a.t, reading.external) };
      break;
    case AttributeType.GRAPH:
      if (a.g !== undefined) return { kind: 'graph', value: readGraph(a.g, { ...reading, depth: reading.depth + 1 }) };
      break;
    default:
  }
  throw new UserError(`node ${node}: attribute ${a.name} has a type (${a.type}) that is not known to onecycle`);
}

function readValueInfo(info: ValueInfoProto): ValueInfo | undefined {
  const type = info.type?.value;
  if (type?.case !== 'tensorType') return undefined;
  const dims = type.value.shape?.dim.map((d, i): Dim => {
    // Some writers have −1 for a dimension that is not known.
    if (d.value.case === 'dimValue' && d.value.value >= 0n) return Number(d.value.value);
    if (d.value.case === 'dimParam' && d.value.value !== '') return d.value.value;
    return `${info.name}_${i}`;
  });
  return { name: info.name, dtype: dtypeOfCode(type.value.elemType), dims };
}

/**
 * Reads a tensor whichever of ONNX's fields holds its elements. The shape a file declares is compared with the data it
 * has before anything of that size is made.
 */
export function readTensor(tensor: TensorProto, external?: ExternalData): TensorData {
  try {
    return readElements(tensor, external);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`tensor ${tensor.name}: ${error.message}`) : error;
  }
}

function readElements(tensor: TensorProto, external?: ExternalData): TensorData {
  const dtype = dtypeOfCode(tensor.dataType);
  const dims = tensor.dims.map(Number);
  if (dims.some((d) => d < 0)) throw new UserError(`shape [${dims}] has a negative dimension`);
  const check = (count: number): void => {
    if (count !== sizeOf(dims)) {
      throw new UserError(`shape [${dims}] needs ${sizeOf(dims)} elements, the file has ${count}`);
    }
  };
  if (dtype === 'string') {
    check(tensor.stringData.length);
    const text = new TextDecoder();
    return { dtype, dims, data: tensor.stringData.map((s) => text.decode(s)) };
  }
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    return tensorFromBytes(dtype, dims, externalBytes(tensor, external));
  }
  if (tensor.rawData.length > 0) return tensorFromBytes(dtype, dims, tensor.rawData);
  const data = typedField(dtype, tensor);
  check(data.length);
  return { dtype, dims, data } as TensorData;
}

function externalBytes(tensor: TensorProto, external: ExternalData | undefined): Uint8Array {
  if (external === undefined) throw new UserError('it is stored in another file, which was not given');
  const entry = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const place = (key: string): number | undefined => {
    const text = entry.get(key);
    if (text === undefined) return undefined;
    const n = Number(text);
    if (!Number.isSafeInteger(n) || n < 0) throw new UserError(`${key} "${text}" of its data is not a place in a file`);
    return n;
  };
  const location = entry.get('location');
  if (location === undefined) throw new UserError('the name of the file that holds its data is missing');
  return external(location, place('offset') ?? 0, place('length'));
}

function typedField(dtype: Exclude<DType, 'string'>, tensor: TensorProto): NumericArray {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(tensor.floatData);
    case 'float64':
      return Float64Array.from(tensor.doubleData);
    case 'int64':
      return BigInt64Array.from(tensor.int64Data);
    case 'uint64':
      return BigUint64Array.from(tensor.uint64Data);
    case 'uint32':
      return Uint32Array.from(tensor.uint64Data, Number);
    case 'int32':
      return Int32Array.from(tensor.int32Data);
    case 'int16':
      return Int16Array.from(tensor.int32Data);
    case 'int8':
      return Int8Array.from(tensor.int32Data);
    case 'uint16':
    case 'float16':
    case 'bfloat16':
      return Uint16Array.from(tensor.int32Data);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(tensor.int32Data);
  }
}
