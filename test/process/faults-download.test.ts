import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentsSha256 } from '../../lib/data/contents-hash';
import { LoopbackServer, serve } from '../loopback-server';
import { zipOf } from '../zip-writer';
import { drawPhotos } from './draw-photos';
import { faultsEnvironment } from './faults/preload';

/** What test/process/programs/faulty-download.cjs prints of one attempt. */
interface Attempt {
  name: 'weights' | 'dataset';
  fault: string;
  nth: number;
  /** Calls that the fault had to choose from. */
  seen: number;
  outcome: string;
  /** Whether what is there under its own name is whole; null for nothing. */
  whole: boolean | null;
  locks: string[];
  /** The next attempt, without a fault, and what it leaves. */
  again: { outcome: string };
  wholeAgain: boolean | null;
  left: string[];
}

const WEIGHTS = Buffer.concat(
  Array.from({ length: 9000 }, (_, at) => createHash('sha256').update(`${at}`).digest()),
);

let place = '';
let photos = '';
let attempts: Attempt[] = [];
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'torchwing-faulty-'));
  photos = drawPhotos({ train: 2, val: 1 });
  const server = await new LoopbackServer().listen();
  try {
    const zip = zipOf(
      (readdirSync(photos, { recursive: true, encoding: 'utf8' }) as string[])
        .filter((name) => name.endsWith('.png'))
        .map((name) => ({ name: `tiny/${name}`, data: readFileSync(join(photos, name)) })),
    );
    server.respond = (request, response, count) =>
      serve(request.url?.endsWith('.zip') === true ? zip : WEIGHTS)(request, response, count);
    const published = {
      weights: {
        ...{ arch: 'resnet18', classes: 1000, fileName: 'small-0123.pth', size: WEIGHTS.length },
        url: 'https://download.pytorch.org/models/small-0123.pth',
        sha256: createHash('sha256').update(WEIGHTS).digest('hex'),
      },
      dataset: {
        ...{ name: 'tiny', fileName: 'tiny.zip', folder: 'tiny', images: { train: 4, val: 2 } },
        url: 'https://download.pytorch.org/tutorial/tiny.zip',
        contentsSha256: await contentsSha256(photos),
        bytes: { about: zip.length, least: zip.length, most: zip.length },
      },
    };
    const output = await run(server.url, JSON.stringify(published));
    attempts = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  } finally {
    await server.close();
  }
}, 300_000);
afterAll(() => {
  for (const folder of [place, photos]) rmSync(folder, { recursive: true, force: true });
});

function run(server: string, published: string): Promise<string> {
  const { order, env } = faultsEnvironment(place);
  const program = join(__dirname, 'programs', 'faulty-download.cjs');
  const child = spawn(process.execPath, [program, server, join(place, 'cache'), order, published], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`faulty-download.cjs ended with ${code}: ${output}`));
    });
  });
}

const hit = () => attempts.filter(({ seen, nth }) => seen >= nth);

test('every kind of fault was met, of weights and of a data set', () => {
  const met = new Set(hit().map(({ name, fault }) => `${name} ${fault}`));
  for (const name of ['weights', 'dataset'])
    for (const fault of [
      'open EACCES',
      'write ENOSPC',
      'write EIO',
      'write short',
      'fsync EIO',
      'rename EIO',
    ])
      expect(met).toContain(`${name} ${fault}`);
});

test('what is there under its own name is whole, whichever call failed', () => {
  expect(attempts.filter(({ whole }) => whole === false)).toEqual([]);
});

test('a call that fails is DOWNLOAD_FAILED, and half of a write is made up for', () => {
  for (const { name, fault, nth, seen, outcome } of attempts) {
    const passes = fault === 'write short' || seen < nth;
    expect({ name, fault, nth, outcome }).toEqual({
      ...{ name, fault, nth },
      outcome: passes ? 'there' : 'DOWNLOAD_FAILED',
    });
  }
});

test('no lock is left behind, and the next attempt brings the whole thing and leaves nothing else', () => {
  for (const { name, fault, nth, locks, again, wholeAgain, left } of attempts) {
    const found = { locks, again: again.outcome, wholeAgain, left };
    expect({ name, fault, nth, ...found }).toEqual({
      ...{ name, fault, nth, locks: [], again: 'there', wholeAgain: true },
      left: [name === 'weights' ? 'small-0123.pth' : 'tiny'],
    });
  }
});
