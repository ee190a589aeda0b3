import { type CudaStatus, cuda } from '../cuda';
import { TorchwingError } from '../native/errors';
import { onNativeWarning } from '../native/load';
import type { NativeWarning } from '../native/warnings';
import { type Version, version } from '../version';

/** What loading LibTorch in a process of its own came to: figures, or the failure. */
export type Probe =
  | { version: Version; cuda: CudaStatus; warnings: NativeWarning[]; milliseconds: number }
  | { problem: string; code: string; hint?: string };

async function probe(): Promise<Probe> {
  const warnings: NativeWarning[] = [];
  onNativeWarning((warning) => warnings.push(warning));
  const begin = performance.now();
  try {
    const loaded = await version();
    const milliseconds = Math.round(performance.now() - begin);
    return { version: loaded, cuda: await cuda.status(), warnings, milliseconds };
  } catch (error) {
    if (!(error instanceof TorchwingError)) throw error;
    return {
      problem: error.message,
      code: error.code,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  }
}

// Run by doctor as a program, in a child process.
if (require.main === module) {
  void probe().then((result) => process.stdout.write(JSON.stringify(result)));
}
