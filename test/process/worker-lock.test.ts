import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '../unit/temporary-folder';

const MODULE = resolve(__dirname, '..', '..', 'dist', 'files', 'lock-file.js');
const { tryLock } = require(MODULE) as typeof import('../../lib/files/lock-file');

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A worker that has taken the lock and goes on living. */
async function workerWithLock(lock: string): Promise<Worker> {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const { tryLock } = require(workerData.module);
     tryLock(workerData.lock).then((attempt) => parentPort.postMessage('release' in attempt));
     parentPort.on('message', () => {});`,
    { eval: true, workerData: { module: MODULE, lock } },
  );
  const taken = await new Promise((done, fail) => {
    worker.once('message', done);
    worker.once('error', fail);
  });
  expect(taken).toBe(true);
  return worker;
}

test('the lock of a worker holds as long as the worker lives, and not as long as its process', async () => {
  const lock = join(folder, 'run.lock');
  for (let run = 0; run < 10; run++) {
    const worker = await workerWithLock(lock);
    expect(await tryLock(lock)).toMatchObject({ owner: { pid: process.pid } });
    await worker.terminate();
    const attempt = await tryLock(lock);
    if (!('release' in attempt)) throw new Error(`run ${run}: the lock is still held`);
    await attempt.release();
  }
});
