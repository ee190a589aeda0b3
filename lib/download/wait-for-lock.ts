import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { nameOfOwner, tryLock } from '../files/lock-file';
import { TorchwingError } from '../native/errors';

/** Milliseconds between two looks at another process's lock. */
const LOOK_EVERY = 200;
/** Milliseconds without a sign of life after which waiting for another process makes no sense. */
const STALLED = 600_000;

/**
 * Takes the lock beside `path`, waiting as long as its owner lives and works: the owner's download ends, breaks, or gives
 * up by itself, each within its own patience.
 * @param name what is brought, for people
 * @param onWait told once, before the wait
 * @returns what gives the lock back
 * @throws TorchwingError DOWNLOAD_FAILED when the owner does nothing; the system's error; `signal.reason`
 */
export async function waitForLock(
  path: string,
  name: string,
  signal: AbortSignal | undefined,
  onWait: () => void,
): Promise<() => Promise<void>> {
  const lock = `${path}.lock`;
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const attempt = await tryLock(lock);
    if ('release' in attempt) return attempt.release;
    if (!told) onWait();
    told = true;
    if (await isStalled([lock, `${path}.part`]))
      throw new TorchwingError(
        'DOWNLOAD_FAILED',
        `Downloading ${name} waits for ${nameOfOwner(attempt.owner)}, which has done nothing for ${STALLED / 60_000} minutes.`,
        { hint: `If that process is gone for certain, remove "${lock}".` },
      );
    await sleep(LOOK_EVERY, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

async function isStalled(paths: readonly string[]): Promise<boolean> {
  const changed = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const latest = Math.max(...changed);
  return latest > 0 && Date.now() - latest > STALLED;
}
