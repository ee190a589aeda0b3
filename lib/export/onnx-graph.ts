import { BATCH_NORM_EPS, type BatchNormTensors, foldBatchNorm } from './batch-norm';
import { ATTRIBUTE, FLOAT, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './onnx-schema';

/** A float32 tensor of a model, row-major. */
export interface Weight {
  shape: readonly number[];
  data: Float32Array;
}

/** Tensors by their names in the state dict. */
export type Weights = ReadonlyMap<string, Weight>;

/**
 * Puts an ONNX graph together. Nodes are named by their module (`/layer1/0/conv1`), each has one output of that name,
 * and initializers keep their names of the state dict.
 */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];

  constructor(
    readonly weights: Weights,
    readonly foldBatchNorm: boolean,
  ) {}

  /** A square convolution without a bias, padded by half its kernel, and the BatchNorm behind it. */
  convolution(input: string, conv: string, batchNorm: string, stride: number): string {
    const { shape, data } = this.#weight(`${conv}.weight`);
    const size = shape[2] as number;
    const pad = (size - 1) / 2;
    const attributes = [
      ints('kernel_shape', [size, size]),
      ints('pads', [pad, pad, pad, pad]),
      ints('strides', [stride, stride]),
    ];
    const tensors = this.#batchNorm(batchNorm);
    if (this.foldBatchNorm) {
      const folded = foldBatchNorm(data, tensors);
      const names = [
        this.#initializer(`${conv}.weight`, shape, folded.kernel),
        this.#initializer(`${conv}.bias`, [folded.bias.length], folded.bias),
      ];
      return this.node('Conv', conv, [input, ...names], attributes);
    }
    const kernel = this.#initializer(`${conv}.weight`, shape, data);
    const convolved = this.node('Conv', conv, [input, kernel], attributes);
    const names = (
      [
        ['weight', tensors.weight],
        ['bias', tensors.bias],
        ['running_mean', tensors.runningMean],
        ['running_var', tensors.runningVar],
      ] as const
    ).map(([name, values]) => this.#initializer(`${batchNorm}.${name}`, [values.length], values));
    return this.node(
      'BatchNormalization',
      batchNorm,
      [convolved, ...names],
      [{ name: 'epsilon', type: ATTRIBUTE.FLOAT, f: BATCH_NORM_EPS }],
    );
  }

  /** torch.nn.Linear: [N, in] to [N, out]. */
  linear(input: string, name: string, output: string): string {
    const weight = this.#weight(`${name}.weight`);
    const bias = this.#weight(`${name}.bias`);
    const names = [
      this.#initializer(`${name}.weight`, weight.shape, weight.data),
      this.#initializer(`${name}.bias`, bias.shape, bias.data),
    ];
    // PyTorch keeps the matrix as [out, in].
    return this.node('Gemm', name, [input, ...names], [int('transB', 1)], output);
  }

  /** @returns the name of the node's output, `output` or else the node's own name */
  node(
    opType: string,
    module: string,
    input: string[],
    attribute: OnnxAttribute[] = [],
    output = `/${module.replaceAll('.', '/')}`,
  ): string {
    const name = `/${module.replaceAll('.', '/')}`;
    this.nodes.push({ name, opType, input, output: [output], attribute });
    return output;
  }

  #batchNorm(name: string): BatchNormTensors {
    const tensor = (part: string) => this.#weight(`${name}.${part}`).data;
    return {
      weight: tensor('weight'),
      bias: tensor('bias'),
      runningMean: tensor('running_mean'),
      runningVar: tensor('running_var'),
    };
  }

  #weight(name: string): Weight {
    const weight = this.weights.get(name);
    if (weight === undefined) throw new Error(`The model has no tensor "${name}".`);
    return weight;
  }

  #initializer(name: string, shape: readonly number[], data: Float32Array): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, dims: shape.map(BigInt), dataType: FLOAT, rawData });
    return name;
  }
}

export function ints(name: string, values: number[]): OnnxAttribute {
  return { name, type: ATTRIBUTE.INTS, ints: values.map(BigInt) };
}

export function int(name: string, value: number): OnnxAttribute {
  return { name, type: ATTRIBUTE.INT, i: BigInt(value) };
}
