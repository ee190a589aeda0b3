import { int, ints, OnnxGraph, type Weights } from './onnx-graph';
import { encodeModel, FLOAT, IR_VERSION, type OnnxValue, OPSET } from './onnx-schema';

/** Names of the graph's input and output. */
export const INPUT = 'images';
export const OUTPUT = 'logits';
/** What the batch size is called in their shapes. */
const BATCH = 'N';

export interface ResNetOnnxOptions {
  /** Goes into the graph's name. */
  arch: string;
  classes: number;
  /** [height, width] in pixels of the input. */
  imageSize: readonly [number, number];
  /** Each BatchNorm becomes part of the convolution before it. */
  foldBatchNorm: boolean;
  /** Version of torchwing. */
  producerVersion: string;
  /** Goes into the file's metadata_props. */
  metadata: Readonly<Record<string, string>>;
}

/**
 * A torchvision ResNet in evaluation mode as the bytes of an ONNX model (opset 17): `images` float32 [N, 3, H, W],
 * normalised, to `logits` float32 [N, classes]. The tensors' names say how many blocks there are and of which kind.
 */
export function resnetOnnx(weights: Weights, options: ResNetOnnxOptions): Uint8Array {
  const graph = new OnnxGraph(weights, options.foldBatchNorm);
  let x = graph.convolution(INPUT, 'conv1', 'bn1', 2);
  x = graph.node('Relu', 'relu', [x]);
  x = graph.node(
    'MaxPool',
    'maxpool',
    [x],
    [ints('kernel_shape', [3, 3]), ints('pads', [1, 1, 1, 1]), ints('strides', [2, 2])],
  );
  for (let layer = 1; layer <= 4; layer++) {
    for (let block = 0; weights.has(`layer${layer}.${block}.conv1.weight`); block++)
      x = residualBlock(graph, x, `layer${layer}.${block}`, layer > 1 && block === 0 ? 2 : 1);
  }
  x = graph.node('GlobalAveragePool', 'avgpool', [x]);
  x = graph.node('Flatten', 'flatten', [x], [int('axis', 1)]);
  graph.linear(x, 'fc', OUTPUT);
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'torchwing',
    producerVersion: options.producerVersion,
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: options.arch,
      node: graph.nodes,
      initializer: graph.initializers,
      input: [floats(INPUT, [BATCH, 3, ...options.imageSize])],
      output: [floats(OUTPUT, [BATCH, options.classes])],
    },
    metadataProps: Object.entries(options.metadata).map(([key, value]) => ({ key, value })),
  });
}

/** BasicBlock, or Bottleneck where there is a third convolution; in that one the second has the stride (torchvision's ResNet V1.5). */
function residualBlock(graph: OnnxGraph, input: string, block: string, stride: number): string {
  const bottleneck = graph.weights.has(`${block}.conv3.weight`);
  let x = graph.convolution(input, `${block}.conv1`, `${block}.bn1`, bottleneck ? 1 : stride);
  x = graph.node('Relu', `${block}.relu1`, [x]);
  x = graph.convolution(x, `${block}.conv2`, `${block}.bn2`, bottleneck ? stride : 1);
  if (bottleneck) {
    x = graph.node('Relu', `${block}.relu2`, [x]);
    x = graph.convolution(x, `${block}.conv3`, `${block}.bn3`, 1);
  }
  const identity = graph.weights.has(`${block}.downsample.0.weight`)
    ? graph.convolution(input, `${block}.downsample.0`, `${block}.downsample.1`, stride)
    : input;
  const sum = graph.node('Add', `${block}.add`, [x, identity]);
  return graph.node('Relu', `${block}.relu`, [sum]);
}

function floats(name: string, shape: readonly (number | string)[]): OnnxValue {
  const dim = shape.map((size) =>
    typeof size === 'string'
      ? { value: { case: 'dimParam' as const, value: size } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  );
  return { name, type: { value: { case: 'tensorType', value: { elemType: FLOAT, shape: { dim } } } } };
}
