/** A published file and where it goes. */
export interface DownloadRequest {
  /** What it is, for people: `the weights IMAGENET1K_V1 of resnet18`. */
  name: string;
  /** Its published address. */
  url: string;
  /** The file to make; its folder is made where it is missing. */
  path: string;
  /** What the SHA-256 of the file begins with, in hex digits; null for a file whose contents are checked by whoever opens it. */
  sha256: string | null;
  /** Its size in bytes, about, and the bounds outside of which an answer is refused before it is received. */
  bytes: { about: number; least: number; most: number };
  /** What the user can do without a network; the hint of most failures. */
  cure: string;
}

/** How far a download is. */
export interface DownloadProgress {
  /** What is downloaded, for people. */
  name: string;
  /** `waiting` for another process that brings the same; `unpacking` counts files instead of bytes. */
  state: 'waiting' | 'downloading' | 'unpacking';
  /** The address in use, a mirror's where there is one. */
  url: string;
  /** Where the file goes. */
  path: string;
  /** Bytes that are there, those of an earlier attempt included. */
  received: number;
  /** Bytes of the whole file, about as many until the server has said; null when it never does, and while `waiting`. */
  total: number | null;
}

/** Patience with a server and a network; all times in milliseconds. */
export interface Patience {
  /** Until a connection stands, until a response begins, and between two pieces of it. Default 30,000. */
  idle: number;
  /** Attempts in a row that may bring nothing before the download fails. Default 5. */
  attempts: number;
  /** Before the second attempt; doubled before each further one, up to 16 times this. Default 500. */
  pause: number;
}

export interface DownloadOptions {
  /** Ends the download, which rejects with `signal.reason`. What was received stays for the next attempt. */
  signal?: AbortSignal | undefined;
  /** At the start, then some times a second, and at the end. What it throws ends the download. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  patience?: Partial<Patience>;
  environment?: NodeJS.ProcessEnv;
  /** Free bytes of the disk that holds a folder; given by tests. */
  freeBytes?: (folder: string) => Promise<number>;
}

export const DEFAULT_PATIENCE: Patience = { idle: 30_000, attempts: 5, pause: 500 };
