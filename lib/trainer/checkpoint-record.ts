import type { DataManifest } from '../data/manifest';
import { TorchwingError } from '../native/errors';
import type { Best } from './best-epoch';
import type { Job } from './prepare';
import { type RecordedConfig, recordedConfig } from './recorded-config';
import type { MicroBatch, Rollbacks, RunPosition, RunState } from './run-state';
import type { EpochSummary } from './types';

/** Version of the record's form. */
export const CHECKPOINT_VERSION = 1;

/** The `torchwing.json` record inside a checkpoint: all that a run needs to go on but the tensors. */
export interface CheckpointRecord {
  kind: 'checkpoint';
  version: typeof CHECKPOINT_VERSION;
  runId: string;
  /** When it was taken; ISO 8601, UTC. */
  time: string;
  position: RunPosition;
  microBatch: MicroBatch;
  history: EpochSummary[];
  best: Best | null;
  scheduler: { lastEpoch: number; lastLr: number } | null;
  rollbacks: Rollbacks;
  seed: number;
  config: RecordedConfig;
  /** See `InspectedData`. */
  data: { classes: string[]; sha256: string; contentSha256: string | null; manifest: DataManifest };
  /** What the last bits of the figures depend on. */
  machine: {
    torchwing: string;
    libtorch: string;
    node: string;
    cpuCapability: string;
    threads: number;
    device: string;
    layout: string;
  };
}

/** The record of a run as it is now, at the given place. */
export function describeCheckpoint(
  job: Job,
  runId: string,
  run: RunState,
  { position, microBatch }: Pick<RunState, 'position' | 'microBatch'>,
): CheckpointRecord {
  const { config, data } = job;
  return {
    kind: 'checkpoint',
    version: CHECKPOINT_VERSION,
    runId,
    time: new Date().toISOString(),
    position,
    microBatch: { ...microBatch },
    history: [...run.history],
    best: run.best.value,
    scheduler: job.scheduler?.state() ?? null,
    rollbacks: run.rollbacks,
    seed: config.seed,
    config: recordedConfig(config),
    data: {
      classes: [...data.classes],
      sha256: data.sha256,
      contentSha256: data.contentSha256,
      manifest: data.manifest,
    },
    machine: machineOf(job),
  };
}

export function machineOf({
  config,
  versions,
}: Pick<Job, 'config' | 'versions'>): CheckpointRecord['machine'] {
  return {
    torchwing: versions.addon,
    libtorch: versions.libtorch,
    node: process.versions.node,
    cpuCapability: versions.cpuCapability,
    threads: config.threads,
    device: config.device,
    layout: config.model.layout,
  };
}

/**
 * Reads the record of the checkpoint `file`.
 * @throws TorchwingError CHECKPOINT_UNSUPPORTED for another format version, CHECKPOINT_DAMAGED for anything else
 */
export function readCheckpointRecord(text: string | null, file: string): CheckpointRecord {
  const refuse = (reason: string) =>
    new TorchwingError(
      'CHECKPOINT_DAMAGED',
      `The checkpoint "${file}" cannot be read: its record ${reason}.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    throw refuse(text === null ? 'is missing' : 'is not JSON');
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== CHECKPOINT_VERSION) {
    throw new TorchwingError(
      'CHECKPOINT_UNSUPPORTED',
      `The record in the checkpoint "${file}" has format version ${version}, expected ${CHECKPOINT_VERSION}.`,
      version > CHECKPOINT_VERSION ? { hint: 'Update torchwing to read it.' } : {},
    );
  }
  // Loaded here and not above for the reason that lib/config/parse.ts gives.
  const { checkpointSchema } = require('./checkpoint-schema') as typeof import('./checkpoint-schema');
  const parsed = checkpointSchema.safeParse(value);
  if (parsed.success) return parsed.data as unknown as CheckpointRecord;
  const [issue] = parsed.error.issues;
  throw refuse(`is not usable: ${issue?.path.join('.') || 'record'}: ${issue?.message}`);
}
