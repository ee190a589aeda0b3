import { spawnSync } from 'node:child_process';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { findAddonFiles } from '../native/addon-files';
import { TorchwingError } from '../native/errors';
import { findLibTorch } from '../native/libtorch';
import { currentPlatform, requireSupportedPlatform } from '../native/platform';
import type { Probe } from './probe';

/** One line of the report. */
export interface Finding {
  name: string;
  /** `problem` keeps training from running; `note` does not. */
  state: 'ok' | 'note' | 'problem';
  text: string;
  /** How to cure it. */
  cure?: string;
}

/**
 * Looks at everything that training needs. Loading is tried in a child process, so that even a crash is only a finding.
 * Never throws.
 */
export function diagnose(): Finding[] {
  const { platform, arch, glibc } = currentPlatform();
  const findings: Finding[] = [
    check('platform', () => {
      requireSupportedPlatform();
      return `${platform} ${arch}, glibc ${glibc}`;
    }),
    { name: 'node', state: 'ok', text: `${process.version} in ${process.execPath}` },
    { name: 'cores', state: 'ok', text: `${availableParallelism()} available to this process` },
    { name: 'memory', state: 'ok', text: `${gigabytes(freemem())} free of ${gigabytes(totalmem())}` },
  ];
  let minor: string | undefined;
  const addon = check('addon', () => {
    const files = findAddonFiles();
    minor = files.minor;
    return `${files.addon}, built for LibTorch ${files.minor}`;
  });
  const libtorch = check('libtorch', () => {
    const { version, backend, root, source } = findLibTorch(minor === undefined ? {} : { minor });
    return `${version}, ${backend} build, in ${root} (${source === 'LIBTORCH' ? 'named by LIBTORCH' : source})`;
  });
  findings.push(addon, libtorch);
  if (findings.every(({ state }) => state === 'ok')) findings.push(...tryToLoad());
  return findings;
}

function check(name: string, look: () => string): Finding {
  try {
    return { name, state: 'ok', text: look() };
  } catch (error) {
    if (!(error instanceof TorchwingError)) return { name, state: 'problem', text: String(error) };
    const cure = error.hint === undefined ? {} : { cure: error.hint };
    return { name, state: 'problem', text: `${error.message} [${error.code}]`, ...cure };
  }
}

function tryToLoad(): Finding[] {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'probe.js')], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) {
    const how = signal === null ? `ended with ${status}` : `was ended by ${signal}`;
    const text = `Loading LibTorch in a child process ${how}: ${stderr.trim().split('\n')[0] ?? ''}`;
    return [{ name: 'load', state: 'problem', text, cure: 'Run `npx torchwing setup --force`.' }];
  }
  const probe = JSON.parse(stdout) as Probe;
  if ('problem' in probe) {
    const cure = probe.hint === undefined ? {} : { cure: probe.hint };
    return [{ name: 'load', state: 'problem', text: `${probe.problem} [${probe.code}]`, ...cure }];
  }
  const { version, cuda, warnings, milliseconds } = probe;
  return [
    {
      name: 'load',
      state: 'ok',
      text: `in ${milliseconds} ms; ${version.cpuCapability} kernels, ${version.threads} threads`,
    },
    cuda.available
      ? {
          name: 'cuda',
          state: 'ok',
          text: cuda.devices
            .map(
              (device) =>
                `${device.name} (${gigabytes(device.totalMemory)}, capability ${device.capability})`,
            )
            .join(', '),
        }
      : {
          name: 'cuda',
          state: 'note',
          text: `not used: ${cuda.whyNot}. Training runs on the CPU`,
          ...(cuda.cure === null ? {} : { cure: cuda.cure }),
        },
    ...warnings.map(
      ({ code, message, hint }): Finding => ({
        name: 'warning',
        state: 'note',
        text: `${message} [${code}]`,
        ...(hint === undefined ? {} : { cure: hint }),
      }),
    ),
  ];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
