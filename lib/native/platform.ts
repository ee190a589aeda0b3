import { TorchwingError } from './errors';

/** What the check looks at; given by tests. */
export interface Platform {
  platform: string;
  arch: string;
  /** Version of glibc, undefined with another C library. */
  glibc: string | undefined;
}

/** The machine that this process runs on. */
export function currentPlatform(): Platform {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return { platform: process.platform, arch: process.arch, glibc: report?.header?.glibcVersionRuntime };
}

/** @throws TorchwingError PLATFORM_UNSUPPORTED elsewhere than on Linux x64 with glibc */
export function requireSupportedPlatform(machine: Platform = currentPlatform()): void {
  const { platform, arch, glibc } = machine;
  if (platform === 'linux' && arch === 'x64' && glibc !== undefined) return;
  const received = platform === 'linux' && arch === 'x64' ? 'linux x64 without glibc' : `${platform} ${arch}`;
  throw new TorchwingError(
    'PLATFORM_UNSUPPORTED',
    `torchwing does not run here: received ${received}, expected linux x64 with glibc.`,
    { hint: 'Use a Linux x64 machine or container with glibc, such as Debian or Ubuntu.' },
  );
}
