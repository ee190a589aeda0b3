import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../lib/cli/export';
import { foldBatchNorm } from '../../lib/export/batch-norm';
import { exportFormatOf } from '../../lib/export/export-formats';
import { OnnxGraph } from '../../lib/export/onnx-graph';
import { encodeModel } from '../../lib/export/onnx-schema';
import { rejection } from './temporary-folder';

const floats = (...values: number[]) => Float32Array.from(values);

test('a folded BatchNorm scales each output channel and shifts it', () => {
  // scale = weight / sqrt(var + 1e-5): 2 / 4 and 3 / 1.
  const folded = foldBatchNorm(floats(1, 2, 3, 4), {
    weight: floats(2, 3),
    bias: floats(10, 20),
    runningMean: floats(4, 5),
    runningVar: floats(16 - 1e-5, 1 - 1e-5),
  });
  for (const [at, value] of [0.5, 1, 9, 12].entries()) expect(folded.kernel[at]).toBeCloseTo(value, 5);
  for (const [at, value] of [8, 5].entries()) expect(folded.bias[at]).toBeCloseTo(value, 5);
});

describe('the graph of one convolution', () => {
  const weights = new Map(
    Object.entries({
      'layer1.0.conv1.weight': { shape: [2, 1, 3, 3], data: new Float32Array(18).fill(1) },
      'layer1.0.bn1.weight': { shape: [2], data: floats(1, 1) },
      'layer1.0.bn1.bias': { shape: [2], data: floats(0, 0) },
      'layer1.0.bn1.running_mean': { shape: [2], data: floats(0, 0) },
      'layer1.0.bn1.running_var': { shape: [2], data: floats(1, 1) },
    }),
  );
  const build = (fold: boolean) => {
    const graph = new OnnxGraph(weights, fold);
    graph.convolution('x', 'layer1.0.conv1', 'layer1.0.bn1', 2);
    return graph;
  };

  test('keeps the BatchNorm as a node, and the names of the state dict', () => {
    const { nodes, initializers } = build(false);
    expect(nodes.map(({ opType, name }) => `${opType} ${name}`)).toEqual([
      'Conv /layer1/0/conv1',
      'BatchNormalization /layer1/0/bn1',
    ]);
    expect(initializers.map(({ name }) => name)).toEqual([...weights.keys()]);
    expect(nodes[0]?.attribute).toEqual([
      { name: 'kernel_shape', type: 7, ints: [3n, 3n] },
      { name: 'pads', type: 7, ints: [1n, 1n, 1n, 1n] },
      { name: 'strides', type: 7, ints: [2n, 2n] },
    ]);
  });

  test('folded is one node with a bias', () => {
    const { nodes, initializers } = build(true);
    expect(nodes.map(({ opType }) => opType)).toEqual(['Conv']);
    expect(initializers.map(({ name }) => name)).toEqual(['layer1.0.conv1.weight', 'layer1.0.conv1.bias']);
  });
});

test('the bytes are the wire format of the schema, zeros said explicitly', () => {
  const bytes = encodeModel({
    irVersion: 8n,
    producerName: 't',
    producerVersion: '1',
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'g',
      node: [{ name: 'n', opType: 'F', input: [], output: [], attribute: [{ name: 'a', type: 2, i: 0n }] }],
      initializer: [],
      input: [],
      output: [],
    },
    metadataProps: [{ key: 'k', value: 'v' }],
  });
  // Field number and wire type, length, content; worked out by hand from onnx.proto.
  const hex = Buffer.from(bytes).toString('hex');
  expect(hex.startsWith('08081201741a01313a')).toBe(true);
  expect(hex).toContain('0a01611800a00102');
  expect(hex).toContain('42040a001011');
  expect(hex.endsWith('72060a016b120176')).toBe(true);
});

test('the ending of a file name is its format', () => {
  expect(['a.onnx', 'B.ONNX', 'c.safetensors', 'd.pth', 'e.pt', 'onnx'].map(exportFormatOf)).toEqual([
    'onnx',
    'onnx',
    'safetensors',
    'pth',
    null,
    null,
  ]);
});

describe('torchwing export refuses', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'torchwing-export-'));
    for (const name of ['best.pth', 'there.onnx']) writeFileSync(join(folder, name), '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['no weights', [], 'USAGE', 'no weights'],
    ['two files', ['a.pth', 'b.pth', '--format', 'onnx'], 'USAGE', '"b.pth"'],
    ['no format', ['best.pth'], 'USAGE', 'The format is missing'],
    ['an ending that is no format', ['best.pth', '--output', 'x.bin'], 'USAGE', 'The format is missing'],
    ['folding without ONNX', ['best.pth', '--format', 'pth', '--fold-batch-norm'], 'USAGE', 'not for pth'],
    ['to write over what it reads', ['best.pth', '--format', 'pth'], 'USAGE', 'is the file that is read'],
    ['to replace a file', ['best.pth', '--output', 'there.onnx'], 'OUTPUT_EXISTS', 'there already'],
  ])('%s', async (_, words, code, text) => {
    const inFolder = words.map((word) => (/^\w+\.\w+$/.test(word) ? join(folder, word) : word));
    const error = await rejection(run(inFolder));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text.replace('"b.pth"', `"${join(folder, 'b.pth')}"`));
  });
});
