import { TorchwingError } from '../native/errors';
import { nameOfOwner, tryLock } from './lock-file';

/**
 * Takes the lock file `path`, so that no second process writes into the same folder.
 * @returns what gives it back
 * @throws TorchwingError OUTPUT_BUSY, or the system's error when the file cannot be written
 */
export async function takeLock(path: string, folder: string): Promise<() => Promise<void>> {
  const attempt = await tryLock(path);
  if ('release' in attempt) return attempt.release;
  throw new TorchwingError(
    'OUTPUT_BUSY',
    `The output folder "${folder}" is in use by ${nameOfOwner(attempt.owner)}.`,
    { hint: `Choose another folder. If that process is gone for certain, remove "${path}".` },
  );
}
