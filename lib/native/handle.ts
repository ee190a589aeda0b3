import { guardReceivers } from './arguments';
import { fromNative, TorchwingError } from './errors';

/**
 * A typed object over a native one. JavaScript's reference is dropped by `dispose()`; work that is already queued keeps
 * its own, so disposing is safe at any moment. Without `dispose()` the native side is freed when this object is
 * collected, at some later time.
 */
export abstract class Handle<Native extends { dispose(): void }> {
  /** `using`; defined by makeDisposable. */
  declare [Symbol.dispose]: () => void;
  /** `await using`; defined by makeDisposable. */
  declare [Symbol.asyncDispose]: () => Promise<void>;
  #native: Native | null;

  /** Whether an object has the private fields of this class. For use inside lib/ only. */
  static holds(value: object): boolean {
    return #native in value;
  }

  protected constructor(native: Native) {
    this.#native = native;
  }

  /** The native object. Throws DISPOSED after `dispose()`. For use inside lib/ only. */
  get native(): Native {
    if (this.#native === null) {
      throw new TorchwingError(
        'DISPOSED',
        `This ${this.constructor.name} was disposed and cannot be used again.`,
      );
    }
    return this.#native;
  }

  get disposed(): boolean {
    return this.#native === null;
  }

  /** Frees the native memory as soon as no queued work needs it. Calling it again does nothing. */
  dispose(): void {
    this.#native?.dispose();
    this.#native = null;
  }
}

/**
 * Adds `using` and `await using` to a class with `dispose()`. Symbols that the running JavaScript does not know are left out:
 * a computed method name would become the string 'undefined'.
 */
export function makeDisposable(prototype: { dispose(): void }): void {
  const hidden = { configurable: true, enumerable: false, writable: true };
  if (typeof Symbol.dispose === 'symbol') {
    Object.defineProperty(prototype, Symbol.dispose, {
      ...hidden,
      value(this: { dispose(): void }) {
        this.dispose();
      },
    });
  }
  if (typeof Symbol.asyncDispose === 'symbol') {
    Object.defineProperty(prototype, Symbol.asyncDispose, {
      ...hidden,
      async value(this: { dispose(): void }) {
        this.dispose();
      },
    });
  }
}

makeDisposable(Handle.prototype);
guardReceivers(Handle);

/** Runs native work; what it throws, at once or later, comes out as a TorchwingError. */
export async function callNative<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw fromNative(error);
  }
}

/** The same for native calls that return at once. */
export function callNativeSync<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw fromNative(error);
  }
}
