import type { ResolvedConfig } from '../config/types';
import type { ImageReading } from '../data/loader-defaults';
import type { Transform } from '../data/transforms';
import { TorchwingError } from '../native/errors';
import type { Architecture, Layout, Precision } from '../native/types';
import type { ReadableRecord } from './record-schema';
import { finiteOrText } from './serialize-event';

/** Version of the record's form. */
export const RECORD_VERSION = 1;

/** The `torchwing.json` record inside a `.pth`: what a prediction needs, and where the weights come from. */
export interface RunRecord {
  version: typeof RECORD_VERSION;
  arch: Architecture;
  /** Class names; their position is the label. */
  classes: string[];
  transforms: { val: Transform[] };
  /** How files became pixels before the transforms. */
  reading: ImageReading;
  layout: Layout;
  /** What training computed in. */
  precision: Precision;
  mode: ResolvedConfig['mode'];
  versions: { torchwing: string; libtorch: string; node: string };
  /** See `dataSha256` in lib/data/data-hash.ts. */
  dataSha256: string;
  /** See `CheckedData.contentSha256` in lib/data/check-data.ts; null for a run without preflight. */
  dataContentSha256: string | null;
  threads: number;
  seed: number;
  /** 0-based epoch that these weights come from; null for weights from before the first. */
  epoch: number | null;
  /** Validation figures of that epoch. */
  metrics: { accuracy: number; loss: number } | null;
}

export function writeRecord(record: RunRecord): string {
  return JSON.stringify(record, finiteOrText);
}

/**
 * Reads a record.
 * @param file its weight file, for messages
 * @throws TorchwingError WEIGHTS_UNSUPPORTED for another format version, WEIGHTS_FORMAT for anything else that is wrong
 */
export function readRecord(text: string, file: string): ReadableRecord {
  const value = parse(text, file);
  if ((value as { kind?: unknown } | null)?.kind === 'checkpoint') {
    throw new TorchwingError(
      'WEIGHTS_UNSUPPORTED',
      `"${file}" is a checkpoint to go on training from, expected weights.`,
      { hint: 'Use best.pth or last.pth beside it.' },
    );
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== RECORD_VERSION) {
    throw new TorchwingError(
      'WEIGHTS_UNSUPPORTED',
      `The record in "${file}" has format version ${version}, expected ${RECORD_VERSION}.`,
      version > RECORD_VERSION ? { hint: 'Update torchwing to read it.' } : {},
    );
  }
  // Loaded here and not above for the reason that lib/config/parse.ts gives.
  const { recordSchema } = require('./record-schema') as typeof import('./record-schema');
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TorchwingError(
    'WEIGHTS_FORMAT',
    `The record in "${file}" is not usable: ${issue?.path.join('.') || 'record'}: ${issue?.message}.`,
  );
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TorchwingError(
      'WEIGHTS_FORMAT',
      `The record in "${file}" is not JSON: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}
