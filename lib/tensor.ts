import { guardReceivers, invalidArgument, nativeOf, objectOf } from './native/arguments';
import { TorchwingError } from './native/errors';
import { callNative, callNativeSync, Handle } from './native/handle';
import { loadNative } from './native/load';
import type { DType, NativeTensor } from './native/types';

/** Typed arrays that a tensor can be made from. */
export type TensorData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Uint16Array
  | Uint8Array
  | Uint8ClampedArray;

/** What `data()` gives, by dtype; float16 and bfloat16 come as their raw 16-bit patterns. */
interface DataOf {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

const VIEWS: { [Type in DType]: new (buffer: ArrayBuffer) => DataOf[Type] } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const BYTES: Record<DType, number> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  uint8: 1,
  bool: 1,
};

/** The dtype that an array stands for; by tag, since an array of another realm is no instance of ours. */
const DTYPE_OF_TAG: Record<string, DType> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  BigInt64Array: 'int64',
  Int32Array: 'int32',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
};

/** A dense array on a device. Row-major; operations run on the compute thread in call order. */
export class Tensor extends Handle<NativeTensor> {
  /** Wraps a native tensor. For use inside lib/ only; make tensors with `Tensor.from`. */
  static wrap(tensor: NativeTensor): Tensor {
    return new Tensor(tensor);
  }

  /**
   * Copies `data` into a new tensor of `shape`; the array may be changed at once afterwards.
   * @param options.dtype what the bytes are; default: the array's own type (Buffer is uint8). A Uint16Array must say
   *   `float16` or `bfloat16`.
   * @param options.device default `cpu`
   * @throws TorchwingError INVALID_ARGUMENT when shape, dtype and data do not fit; CUDA_UNAVAILABLE
   */
  static async from(
    data: TensorData,
    shape: readonly number[],
    options: { dtype?: DType; device?: string } = {},
  ): Promise<Tensor> {
    const dtype = objectOf(options).dtype ?? DTYPE_OF_TAG[tagOf(data)];
    if (!ArrayBuffer.isView(data)) throw invalidArgument('data', data, 'a typed array');
    if (dtype === undefined || !Object.hasOwn(BYTES, dtype)) {
      throw new TorchwingError(
        'INVALID_ARGUMENT',
        `Invalid value for "dtype": received ${String(dtype)} for a ${tagOf(data)}, expected one of ${Object.keys(BYTES).join(', ')}.`,
      );
    }
    const elements = checkedElements(shape);
    if (data.byteLength !== elements * BYTES[dtype]) {
      throw new TorchwingError(
        'INVALID_ARGUMENT',
        `Invalid value for "data": received ${data.byteLength} bytes, expected ${elements * BYTES[dtype]} for ${dtype} of shape [${shape.join(', ')}].`,
      );
    }
    // Nothing can be made of a buffer that is detached.
    const bytes =
      elements === 0 ? new Uint8Array() : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    // The copy is taken here, before the first await: loading the addon may take a while.
    const copy = bytes.slice();
    return callNative(async () => {
      const addon = await loadNative();
      return new Tensor(await addon.Tensor.from(copy, [...shape], dtype, options.device ?? 'cpu'));
    });
  }

  get shape(): number[] {
    return [...callNativeSync(() => this.native.shape)];
  }

  get dtype(): DType {
    return callNativeSync(() => this.native.dtype);
  }

  get device(): string {
    return callNativeSync(() => this.native.device);
  }

  /** A copy on `device`, or a second handle on the same memory when it is there already. */
  to(device: string): Promise<Tensor> {
    return this.#derive((tensor) => tensor.to(device));
  }

  /** int64 index of the largest value along `dim`; `dim` is removed from the shape. Negative counts from the end. */
  argmax(dim: number): Promise<Tensor> {
    return this.#derive((tensor) => tensor.argmax(dim));
  }

  /** Exponentials along `dim`, scaled to sum 1. */
  softmax(dim: number): Promise<Tensor> {
    return this.#derive((tensor) => tensor.softmax(dim));
  }

  /** bool tensor: where both are equal, with broadcasting. */
  eq(other: Tensor): Promise<Tensor> {
    return this.#derive((tensor) => tensor.eq(nativeOf(other, 'other', 'a Tensor')));
  }

  /** Sum of all elements; bool and integers sum to int64. */
  sum(): Promise<Tensor> {
    return this.#derive((tensor) => tensor.sum());
  }

  /** Adds the gradients of this one-element tensor to the parameters that it came from. */
  backward(): Promise<void> {
    return callNative(() => this.native.backward());
  }

  /** Value of a one-element tensor. Waits for the device. */
  item(): Promise<number> {
    return callNative(() => this.native.item());
  }

  /** The values, row-major, as a copy on the CPU. Waits for the device. float16 and bfloat16 come as raw 16-bit patterns. */
  async data(): Promise<DataOf[DType]> {
    const dtype = this.dtype;
    const buffer = await callNative(() => this.native.data());
    // The typed array is made here: under Jest one made by the addon would belong to another realm.
    return new VIEWS[dtype](buffer);
  }

  async #derive(make: (tensor: NativeTensor) => Promise<NativeTensor>): Promise<Tensor> {
    return new Tensor(await callNative(() => make(this.native)));
  }
}

guardReceivers(Tensor);

function tagOf(data: TensorData): string {
  return Object.prototype.toString.call(data).slice('[object '.length, -1);
}

function checkedElements(shape: readonly number[]): number {
  if (!Array.isArray(shape)) throw invalidArgument('shape', shape, 'an array of integers');
  let elements = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new TorchwingError(
        'INVALID_ARGUMENT',
        `Invalid value for "shape": received [${shape.join(', ')}], expected integers >= 0.`,
      );
    }
    elements *= size;
  }
  return elements;
}
