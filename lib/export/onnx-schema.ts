import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';

/*
 * The part of ONNX's schema that a ResNet needs: names, field numbers and types as in the onnx project's onnx.proto
 * (proto2), IR version 8. Fields that are left out here are optional there.
 */

/** Version of the file's form, which opset 17 came with. */
export const IR_VERSION = 8n;
/** Version of the operators' meaning. Those used here have not changed since. */
export const OPSET = 17n;
/** TensorProto.DataType of float32. */
export const FLOAT = 1;
/** AttributeProto.AttributeType. */
export const ATTRIBUTE = { FLOAT: 1, INT: 2, INTS: 7 } as const;

export interface OnnxTensor {
  name: string;
  dims: bigint[];
  dataType: number;
  /** Little-endian, row-major. */
  rawData: Uint8Array;
}

export type OnnxAttribute =
  | { name: string; type: typeof ATTRIBUTE.FLOAT; f: number }
  | { name: string; type: typeof ATTRIBUTE.INT; i: bigint }
  | { name: string; type: typeof ATTRIBUTE.INTS; ints: bigint[] };

export interface OnnxNode {
  name: string;
  opType: string;
  input: string[];
  output: string[];
  attribute: OnnxAttribute[];
}

/** A fixed size, or a name for one that the caller chooses. */
type Dimension = { value: { case: 'dimValue'; value: bigint } | { case: 'dimParam'; value: string } };

export interface OnnxValue {
  name: string;
  type: { value: { case: 'tensorType'; value: { elemType: number; shape: { dim: Dimension[] } } } };
}

export interface OnnxModel {
  irVersion: bigint;
  producerName: string;
  producerVersion: string;
  opsetImport: { domain: string; version: bigint }[];
  graph: {
    name: string;
    node: OnnxNode[];
    initializer: OnnxTensor[];
    input: OnnxValue[];
    output: OnnxValue[];
  };
  metadataProps: { key: string; value: string }[];
}

/** FieldDescriptorProto.Type of what follows; a message's name stands for itself. */
const TYPES = { float: 2, int64: 3, int32: 5, string: 9, bytes: 12 } as const;
const MESSAGE = 11;
const OPTIONAL = 1;
const REPEATED = 3;

/** Field: name, number, type; `[]` marks a repeated one, and `value?` one of the alternatives of `value`. */
const MESSAGES: Readonly<Record<string, readonly (readonly [string, number, string])[]>> = {
  ModelProto: [
    ['ir_version', 1, 'int64'],
    ['producer_name', 2, 'string'],
    ['producer_version', 3, 'string'],
    ['graph', 7, 'GraphProto'],
    ['opset_import', 8, 'OperatorSetIdProto[]'],
    ['metadata_props', 14, 'StringStringEntryProto[]'],
  ],
  OperatorSetIdProto: [
    ['domain', 1, 'string'],
    ['version', 2, 'int64'],
  ],
  StringStringEntryProto: [
    ['key', 1, 'string'],
    ['value', 2, 'string'],
  ],
  GraphProto: [
    ['node', 1, 'NodeProto[]'],
    ['name', 2, 'string'],
    ['initializer', 5, 'TensorProto[]'],
    ['input', 11, 'ValueInfoProto[]'],
    ['output', 12, 'ValueInfoProto[]'],
  ],
  NodeProto: [
    ['input', 1, 'string[]'],
    ['output', 2, 'string[]'],
    ['name', 3, 'string'],
    ['op_type', 4, 'string'],
    ['attribute', 5, 'AttributeProto[]'],
  ],
  AttributeProto: [
    ['name', 1, 'string'],
    ['f', 2, 'float'],
    ['i', 3, 'int64'],
    ['ints', 8, 'int64[]'],
    // An enum there, with the same bytes.
    ['type', 20, 'int32'],
  ],
  TensorProto: [
    ['dims', 1, 'int64[]'],
    ['data_type', 2, 'int32'],
    ['name', 8, 'string'],
    ['raw_data', 9, 'bytes'],
  ],
  ValueInfoProto: [
    ['name', 1, 'string'],
    ['type', 2, 'TypeProto'],
  ],
  TypeProto: [['tensor_type', 1, 'Tensor?']],
  Tensor: [
    ['elem_type', 1, 'int32'],
    ['shape', 2, 'TensorShapeProto'],
  ],
  TensorShapeProto: [['dim', 1, 'Dimension[]']],
  Dimension: [
    ['dim_value', 1, 'int64?'],
    ['dim_param', 2, 'string?'],
  ],
};

/** A model's bytes, by protobuf-es. It copies the weights about three times while it writes. */
export function encodeModel(model: OnnxModel): Uint8Array {
  // Loaded at the first export: `import 'torchwing'` should stay light.
  const { create, createFileRegistry, toBinary } =
    require('@bufbuild/protobuf') as typeof import('@bufbuild/protobuf');
  const { FileDescriptorProtoSchema } =
    require('@bufbuild/protobuf/wkt') as typeof import('@bufbuild/protobuf/wkt');
  const file = create(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto2',
    messageType: Object.entries(MESSAGES).map(([name, fields]) => messageType(name, fields)),
  });
  const registry = createFileRegistry(file, () => undefined);
  const schema = registry.getMessage('onnx.ModelProto');
  if (schema === undefined) throw new Error('The ONNX schema has no ModelProto.');
  return toBinary(schema, create(schema, model as never));
}

type MessageType = Partial<FileDescriptorProto['messageType'][number]>;

function messageType(
  name: string,
  fields: readonly (readonly [string, number, string])[],
): { name: string } & object {
  const field = fields.map(([fieldName, number, text]) => {
    const type = text.replace(/[[\]?]/g, '');
    const scalar = TYPES[type as keyof typeof TYPES] as number | undefined;
    return {
      name: fieldName,
      number,
      label: text.endsWith('[]') ? REPEATED : OPTIONAL,
      type: scalar ?? MESSAGE,
      ...(scalar === undefined ? { typeName: `.onnx.${type}` } : {}),
      ...(text.endsWith('?') ? { oneofIndex: 0 } : {}),
    };
  });
  const oneofDecl = fields.some(([, , text]) => text.endsWith('?')) ? [{ name: 'value' }] : [];
  return { name, field, oneofDecl } satisfies object as MessageType & { name: string };
}
