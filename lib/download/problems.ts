import { TorchwingError } from '../native/errors';
import type { DownloadRequest } from './types';

/** The link or the server failed in a way that another attempt may not meet. */
export class LinkBroken extends Error {
  override readonly name = 'LinkBroken';

  /** @param pause milliseconds that the server asks to be left alone */
  constructor(
    cause: unknown,
    readonly pause = 0,
  ) {
    super(reasonOf(cause), { cause });
  }
}

/** The server said no, or something that makes no sense: asking again will not help. */
export class ServerRefused extends Error {
  override readonly name = 'ServerRefused';
}

/** The file that is offered cannot be the published one. */
export class WrongFile extends Error {
  override readonly name = 'WrongFile';
}

/** Why a request failed, in a few words. undici hides the system's reason in `cause`, and several in `errors`. */
function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message, code, errors } = error as { message?: string; code?: string; errors?: unknown[] };
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0]);
  if (message) return message.charAt(0).toLowerCase() + message.slice(1);
  return code ?? String(error);
}

/** What the user is told of a download that failed; errors of other kinds are returned as they are. */
export function downloadError(error: unknown, request: DownloadRequest, address: string): unknown {
  if (error instanceof LinkBroken || error instanceof ServerRefused) {
    return new TorchwingError(
      'DOWNLOAD_FAILED',
      `Downloading ${request.name} from ${address} failed: ${error.message}.`,
      { hint: request.cure, cause: error },
    );
  }
  if (error instanceof WrongFile) {
    return new TorchwingError(
      'DOWNLOAD_CORRUPT',
      `What ${address} gives is not ${request.name}: ${error.message}.`,
      {
        hint: `Nothing of it was kept. A proxy or a sign-in page may have answered instead. ${request.cure}`,
        cause: error,
      },
    );
  }
  return diskError(error, `Downloading ${request.name} to "${request.path}"`);
}

/** What the user is told of a system call that failed while `task` was done; errors of other kinds are returned as they are. */
export function diskError(error: unknown, task: string): unknown {
  if ((error as NodeJS.ErrnoException | null)?.syscall === undefined) return error;
  return new TorchwingError('DOWNLOAD_FAILED', `${task} failed: ${(error as Error).message}.`, {
    hint: 'The folder must be writable and have room; XDG_CACHE_HOME sets another one.',
    cause: error,
  });
}
