import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, HttpClient } from './http';
import type { PartialFile } from './partial-file';
import { LinkBroken, ServerRefused, WrongFile } from './problems';
import type { DownloadRequest, Patience } from './types';

/** More attempts than an honest network needs, however little each brings. */
const MOST_ATTEMPTS = 1000;
/** Statuses below 500 that may pass. */
const PASSING = [408, 425, 429];
/** The longest pause that a server's Retry-After gets, in milliseconds. */
const LONGEST_PAUSE = 30_000;

export interface Transfer {
  client: HttpClient;
  part: PartialFile;
  /** The address in use. */
  address: string;
  request: DownloadRequest;
  patience: Patience;
  signal: AbortSignal | undefined;
  /** Told when the size is known, before anything is written; what it throws ends the transfer. */
  onSize: (bytesToCome: number) => Promise<void>;
  onBytes: () => void;
}

/**
 * Fills the partial file, going on by range requests after each break, with longer and longer pauses while attempts bring
 * nothing.
 * @throws LinkBroken, ServerRefused, WrongFile, the system's error of a write, or `signal.reason`
 */
export async function transfer(task: Transfer): Promise<void> {
  const { part, patience, signal } = task;
  let vain = 0;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const before = part.size;
    try {
      await once(task);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof LinkBroken)) throw error;
      vain = part.size > before ? 1 : vain + 1;
      if (vain >= patience.attempts || attempt >= MOST_ATTEMPTS) throw error;
      const pause = Math.max(patience.pause * 2 ** Math.min(vain - 1, 4), error.pause);
      await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }
}

/** One request. Returns when the file is complete. */
async function once(task: Transfer): Promise<void> {
  const { client, part, address, signal } = task;
  const from = part.size;
  if (from > 0 && from === part.total) return;
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  if (from > 0 && part.validator !== null) headers['if-range'] = part.validator;
  const answer = await client.get(address, headers, signal);
  try {
    await accept(task, answer, from);
    part.beginPiece();
    for await (const bytes of readable(answer, signal)) {
      const total = part.size + bytes.byteLength;
      if (total > Math.min(part.total ?? Number.POSITIVE_INFINITY, task.request.bytes.most))
        throw new WrongFile(`it has more bytes than the ${part.total ?? task.request.bytes.most} expected`);
      await part.append(bytes);
      task.onBytes();
    }
  } finally {
    await answer.discard();
  }
  if (part.total !== null && part.size < part.total)
    throw new LinkBroken(`the connection ended after ${part.size} of ${part.total} bytes`);
  checkSize(task.request, part.size);
}

/** Prepares the partial file for the body of an answer, or throws what the answer means instead. */
async function accept(task: Transfer, answer: Answer, from: number): Promise<void> {
  const { part, request } = task;
  if (answer.status === 200) {
    // The server knows no ranges, or has another version than the one that was begun.
    const total = wholeNumber(answer.headers['content-length']);
    if (total !== null) checkSize(request, total);
    await part.restart(validatorOf(answer), total);
    await task.onSize(total ?? request.bytes.about);
    return;
  }
  if (answer.status === 206 && from > 0) {
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers['content-range'] ?? '');
    const total = Number(range?.[2]);
    if (range !== null && Number(range[1]) === from && (part.total ?? total) === total) {
      await task.onSize(total - from);
      return;
    }
    await part.restart(null, null);
    throw new LinkBroken('the server sent another range than was asked for');
  }
  if (answer.status === 416 && from > 0) {
    await part.restart(null, null);
    throw new LinkBroken('the server has no such range any more');
  }
  const said = `the server answered ${answer.status}`;
  if (answer.status >= 500 || PASSING.includes(answer.status)) {
    const seconds = wholeNumber(answer.headers['retry-after']) ?? 0;
    throw new LinkBroken(said, Math.min(1000 * seconds, LONGEST_PAUSE));
  }
  throw new ServerRefused(said);
}

function checkSize(request: DownloadRequest, size: number): void {
  const { least, most } = request.bytes;
  if (size >= least && size <= most) return;
  const expected = least === most ? `${least}` : `${least} to ${most}`;
  throw new WrongFile(`it has ${size} bytes, expected ${expected}`);
}

/** The body; what breaks it is a LinkBroken, apart from the caller's own abort. */
async function* readable(answer: Answer, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const body = answer.body[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Buffer>;
    try {
      next = await body.next();
    } catch (error) {
      signal?.throwIfAborted();
      throw new LinkBroken(error);
    }
    if (next.done === true) return;
    yield next.value;
  }
}

/** A weak ETag says nothing of the bytes, so it cannot guard a range. */
function validatorOf(answer: Answer): string | null {
  const tag = answer.headers['etag'];
  if (tag !== undefined && !tag.startsWith('W/')) return tag;
  return answer.headers['last-modified'] ?? null;
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
