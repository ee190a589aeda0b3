import { isMemoryDetails, withRoom } from './out-of-memory';
import type { MemoryDetails } from './types';

/** Every code that a TorchwingError can carry, with the program's exit code for it. */
export const ERROR_EXIT_CODES = {
  // 1: training failed
  LOSS_NOT_FINITE: 1,
  MODEL_BUSY: 1,
  TRAINER_BUSY: 1,
  DISPOSED: 1,
  NATIVE: 1,
  // 2: usage or configuration
  USAGE: 2,
  INVALID_CONFIG: 2,
  INVALID_ARGUMENT: 2,
  CONFIG_NOT_FOUND: 2,
  OUTPUT_EXISTS: 2,
  OUTPUT_BUSY: 2,
  OUTPUT_WRITE: 2,
  RESUME_MISMATCH: 2,
  LAST_BATCH_OF_ONE: 2,
  THREADS_CONFLICT: 2,
  // 3: data or weights
  DATASET_NOT_FOUND: 3,
  DATASET_EMPTY: 3,
  DATASET_CLASSES: 3,
  DATASET_ALTERED: 3,
  IMAGE_READ: 3,
  IMAGE_DECODE: 3,
  IMAGE_TOO_LARGE: 3,
  IMAGE_TOO_SMALL: 3,
  DOWNLOAD_FAILED: 3,
  DOWNLOAD_CORRUPT: 3,
  ARCHIVE_UNSAFE: 3,
  WEIGHTS_NOT_FOUND: 3,
  WEIGHTS_FORMAT: 3,
  WEIGHTS_UNSAFE: 3,
  WEIGHTS_UNSUPPORTED: 3,
  WEIGHTS_MISMATCH: 3,
  CHECKPOINT_NOT_FOUND: 3,
  CHECKPOINT_UNREADABLE: 3,
  CHECKPOINT_DAMAGED: 3,
  CHECKPOINT_UNSUPPORTED: 3,
  // 4: environment
  LIBTORCH_NOT_FOUND: 4,
  LIBTORCH_VERSION: 4,
  LIBTORCH_LOAD: 4,
  ADDON_NOT_FOUND: 4,
  PLATFORM_UNSUPPORTED: 4,
  CUDA_UNAVAILABLE: 4,
  CUDA_GRAPH_UNAVAILABLE: 4,
  ARITHMETIC_CONFLICT: 4,
  OUT_OF_MEMORY: 4,
  DEVICE_FAILED: 4,
  SETUP_FAILED: 4,
} as const;

export type ErrorCode = keyof typeof ERROR_EXIT_CODES;

/**
 * Every failure of torchwing. `message` is one line that names the argument or file, what was received and what was
 * expected; `code` is stable; `hint`, when there is one, says what to do. `details`: the figures of OUT_OF_MEMORY.
 */
export class TorchwingError extends Error {
  override readonly name = 'TorchwingError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: MemoryDetails | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; details?: MemoryDetails } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/**
 * What the addon threw, as a TorchwingError. Tests for shape, not class: under Jest native errors belong to another
 * realm. Anything that does not look like a native error is returned as it is.
 */
export function fromNative(error: unknown): unknown {
  if (error instanceof TorchwingError || typeof error !== 'object' || error === null) return error;
  const { code, message, hint, details } = error as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string' || !(code in ERROR_EXIT_CODES)) return error;
  const told = isMemoryDetails(details) ? withRoom({ message, details }) : { message };
  return new TorchwingError(code as ErrorCode, told.message, {
    ...(typeof hint === 'string' && hint !== '' ? { hint } : {}),
    ...('details' in told ? { details: told.details } : {}),
  });
}
