import type { Entry, ZipFile } from 'yauzl';
import { TorchwingError } from '../native/errors';

/** What an archive may hold. */
export interface ZipLimits {
  /** Files and folders. */
  entries: number;
  /** Unpacked bytes of one file, and of all. */
  fileBytes: number;
  totalBytes: number;
  /** Unpacked bytes per packed byte of one file; data of photos hardly shrinks. */
  ratio: number;
}

/** A file of an archive. Folders come into being by the files in them. */
export interface ZipMember {
  /** Relative, with `/`, and checked. */
  name: string;
  entry: Entry;
}

/** Below this a ratio says nothing. */
const SMALL_FILE = 65_536;
const FILE_KIND = 0o170000;
const REGULAR_FILE = 0o100000;
const FOLDER = 0o040000;
/** Stored, and deflated. */
const METHODS = [0, 8];

/**
 * Reads an archive's directory and refuses what no honest archive of photos holds: names that leave the folder or meet
 * each other, links and other special files, encryption, unknown compression, too many or too large files.
 * @throws TorchwingError ARCHIVE_UNSAFE; what yauzl throws of a directory that is broken
 */
export async function checkedMembers(zip: ZipFile, archive: string, limits: ZipLimits): Promise<ZipMember[]> {
  const refuse = (what: string) =>
    new TorchwingError('ARCHIVE_UNSAFE', `The archive "${archive}" is refused: ${what}.`);
  const members: ZipMember[] = [];
  const names = new Names();
  let count = 0;
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    count += 1;
    if (count > limits.entries) throw refuse(`it has more than ${limits.entries} entries`);
    const { name, isFolder } = nameOf(entry);
    const shown = JSON.stringify(name);
    const wrongName = problemOfName(name);
    if (wrongName !== null) throw refuse(`the name ${shown} ${wrongName}`);
    const meets = names.add(name, isFolder);
    if (meets !== null) throw refuse(`the name ${shown} meets ${JSON.stringify(meets)}`);
    // The upper half of the attributes is the Unix mode, 0 in archives of other systems.
    const kind = (entry.externalFileAttributes >>> 16) & FILE_KIND;
    if (kind !== 0 && kind !== (isFolder ? FOLDER : REGULAR_FILE))
      throw refuse(`${shown} is a link or a special file`);
    if (entry.isEncrypted()) throw refuse(`${shown} is encrypted`);
    if (!METHODS.includes(entry.compressionMethod))
      throw refuse(`${shown} has the compression method ${entry.compressionMethod}, expected 0 or 8`);
    const size = entry.uncompressedSize;
    if (isFolder) {
      if (size > 0) throw refuse(`the folder ${shown} has contents`);
      continue;
    }
    bytes += size;
    if (size > limits.fileBytes) throw refuse(`${shown} unpacks to more than ${limits.fileBytes} bytes`);
    if (bytes > limits.totalBytes) throw refuse(`it unpacks to more than ${limits.totalBytes} bytes`);
    if (size > SMALL_FILE && size > limits.ratio * entry.compressedSize)
      throw refuse(`${shown} unpacks to more than ${limits.ratio} times its size`);
    members.push({ name, entry });
  }
  return members;
}

function nameOf(entry: Entry): { name: string; isFolder: boolean } {
  const { getFileNameLowLevel } = require('yauzl') as typeof import('yauzl');
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  const raw = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
  const isFolder = raw.endsWith('/');
  return { name: isFolder ? raw.slice(0, -1) : raw, isFolder };
}

function problemOfName(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'is absolute';
  if (name.includes('\\')) return 'has a backslash';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f\ufffd]/.test(name)) return 'has control characters or is no text';
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'leaves its folder';
  if (Buffer.byteLength(name) > 1024 || parts.some((part) => Buffer.byteLength(part) > 255))
    return 'is too long';
  return null;
}

/** Names so far, folders on the way included; two that differ only in case or composition would meet on some disks. */
class Names {
  readonly #kinds = new Map<string, { name: string; folder: boolean }>();

  /** The name that a new one meets; null for none. A folder may be named again, by its entry and by its files. */
  add(name: string, isFolder: boolean): string | null {
    const parts = name.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const here = parts.slice(0, depth).join('/');
      const folder = depth < parts.length || isFolder;
      const key = here.normalize('NFC').toLowerCase();
      const known = this.#kinds.get(key);
      if (known !== undefined && !(known.folder && folder && known.name === here)) return known.name;
      this.#kinds.set(key, { name: here, folder });
    }
    return null;
  }
}
