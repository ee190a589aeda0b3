import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzip } from '../../lib/download/unzip';
import { type Member, zipOf } from '../zip-writer';
import { rejection, removeTemporaryFolders, temporaryFolder } from './temporary-folder';

const LIMITS = { entries: 10, fileBytes: 300_000, totalBytes: 500_000, ratio: 100 };
const TEXT = Buffer.from('a photo, as it were');

let folder: string;
let target: string;
beforeEach(() => {
  folder = temporaryFolder();
  target = join(folder, 'target');
  mkdirSync(target);
});
afterAll(removeTemporaryFolders);

function unpack(bytes: Buffer, limits = LIMITS, signal?: AbortSignal): Promise<void> {
  writeFileSync(join(folder, 'a.zip'), bytes);
  return unzip(join(folder, 'a.zip'), target, { limits, signal });
}

test('files arrive with their bytes, stored and deflated, folders named or not', async () => {
  await unpack(
    zipOf([
      { name: 'set/', mode: 0o040755 },
      { name: 'set/train/ants/1 a.jpg', data: TEXT },
      { name: 'set/val/bees/ü.jpg', data: TEXT, method: 8, flags: 0x800 },
      { name: 'empty.txt' },
    ]),
  );
  expect(readFileSync(join(target, 'set/train/ants/1 a.jpg')).equals(TEXT)).toBe(true);
  expect(readFileSync(join(target, 'set/val/bees/ü.jpg')).equals(TEXT)).toBe(true);
  expect(readFileSync(join(target, 'empty.txt'))).toHaveLength(0);
});

const file = (name: string | Buffer, more: Partial<Member> = {}): Member => ({ name, data: TEXT, ...more });
const hostile: [string, Member[], string][] = [
  ['a path upwards', [file('../outside.txt')], 'leaves its folder'],
  ['a path upwards in the middle', [file('a/../../outside.txt')], 'leaves its folder'],
  ['a folder upwards', [{ name: '../out/', mode: 0o040755 }], 'leaves its folder'],
  ['an absolute path', [file('/tmp/outside.txt')], 'is absolute'],
  ['a drive', [file('C:/outside.txt')], 'is absolute'],
  ['a backslash', [file('..\\outside.txt')], 'backslash'],
  ['a dot as a part', [file('a/./b')], 'leaves its folder'],
  ['an empty part', [file('a//b')], 'leaves its folder'],
  ['an empty name', [file('')], 'is empty'],
  ['a zero byte', [file('a\0.txt')], 'control characters'],
  ['a name that is not UTF-8', [file(Buffer.from([0x61, 0xff]), { flags: 0x800 })], 'no text'],
  ['a name of 300 bytes', [file('n'.repeat(300))], 'too long'],
  ['a symbolic link', [file('link', { mode: 0o120777, data: Buffer.from('/etc') })], 'a link'],
  ['a device', [file('null', { mode: 0o020666 })], 'special file'],
  ['the same name twice', [file('a'), file('a')], 'meets "a"'],
  ['names that differ in case only', [file('a/Ant.jpg'), file('a/ant.jpg')], 'meets "a/Ant.jpg"'],
  ['folders that differ in case only', [file('Ants/1'), file('ants/2')], 'meets "Ants"'],
  [
    'names that differ in composition only',
    [file('\u00fc', { flags: 0x800 }), file('u\u0308', { flags: 0x800 })],
    'meets',
  ],
  ['a file that is a folder too', [file('a'), file('a/b')], 'meets "a"'],
  ['a folder that is a file too', [file('a/b'), file('a')], 'meets "a"'],
  ['an encrypted file', [file('a', { flags: 1, method: 8 })], 'is encrypted'],
  ['an unknown compression', [file('a', { method: 14 })], 'compression method 14'],
  ['a folder with contents', [file('a/', { mode: 0o040755 })], 'has contents'],
  ['too many entries', Array.from({ length: 11 }, (_, at) => file(`${at}`)), 'more than 10 entries'],
  ['a file that is too large', [file('a', { data: Buffer.alloc(300_001, 'x') })], 'more than 300000 bytes'],
  [
    'too many bytes in all',
    [1, 2, 3].map((n) => file(`${n}`, { data: Buffer.alloc(200_000) })),
    '500000 bytes',
  ],
  ['a bomb', [file('a', { data: Buffer.alloc(250_000), method: 8 })], 'more than 100 times its size'],
];

test.each(hostile)('%s is refused before anything is written', async (_, members, said) => {
  // A good file comes first: it must not be written either.
  const good = members.length > 10 ? [] : [file('first.txt')];
  const error = await rejection(unpack(zipOf([...good, ...members])));
  expect(error.code).toBe('ARCHIVE_UNSAFE');
  expect(error.message).toContain(said);
  expect(readdirSync(target)).toEqual([]);
  expect(readdirSync(folder).sort()).toEqual(['a.zip', 'target']);
});

const broken: [string, Buffer][] = [
  ['no zip', Buffer.from('<html>sign in</html>'.repeat(10))],
  ['nothing', Buffer.alloc(0)],
  ['cut off', zipOf([file('a')]).subarray(0, 40)],
  ['of another CRC-32', zipOf([file('a', { declaredCrc: 1 })])],
  [
    'of more bytes than it says',
    zipOf([file('a', { data: Buffer.alloc(1000, 'xy'), method: 8, declaredSize: 10 })]),
  ],
  [
    'of fewer bytes than it says',
    zipOf([file('a', { data: Buffer.alloc(1000, 'xy'), method: 8, declaredSize: 2000 })]),
  ],
];

test.each(broken)('an archive that is %s is broken, not a crash', async (_, bytes) => {
  const error = await rejection(unpack(bytes));
  expect(error.code).toBe('DOWNLOAD_CORRUPT');
});

test('an archive cut off anywhere is an error', async () => {
  const whole = zipOf([file('a'), file('b/c', { method: 8 })]);
  for (let length = 0; length < whole.length; length++) {
    target = join(folder, `target-${length}`);
    mkdirSync(target);
    expect(['DOWNLOAD_CORRUPT', 'ARCHIVE_UNSAFE']).toContain(
      (await rejection(unpack(whole.subarray(0, length)))).code,
    );
  }
});

test('a file that is there already is not written through', async () => {
  writeFileSync(join(target, 'a'), 'mine');
  expect((await rejection(unpack(zipOf([file('a')])))).code).toBe('EEXIST');
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('mine');
});

test('an abort ends it with its reason', async () => {
  const reason = new Error('enough');
  expect(await rejection(unpack(zipOf([file('a')]), LIMITS, AbortSignal.abort(reason)))).toBe(reason);
  expect(existsSync(join(target, 'a'))).toBe(false);
});
