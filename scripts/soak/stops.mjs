/** The ways in which the soak ends a run before its time. Each gives how it ended; all leave the folder for another attempt. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { root, Trainer } from './torchwing.mjs';

const PROGRAM = path.join(root, 'dist', 'cli', 'main.js');
const HOST = path.join(root, 'scripts', 'soak', 'worker-host.mjs');

/** Calls `act` at the n-th event. */
function atEvent(number, act) {
  let seen = 0;
  return () => {
    seen += 1;
    return seen === number ? act() : undefined;
  };
}

/** Runs a fit that goes on, and expects that it ends by itself or with what `isReason` knows. */
async function fitUntil(trainer, options, isReason) {
  try {
    const { stopped } = await trainer.fit({ resume: 'auto', ...options });
    return stopped;
  } catch (error) {
    if (!isReason(error)) throw error;
    return 'interrupted';
  } finally {
    trainer.dispose();
  }
}

function byAbort({ config, event }) {
  const abort = new AbortController();
  const reason = new Error('the soak aborts');
  const onEvent = atEvent(event, () => abort.abort(reason));
  return fitUntil(new Trainer(config), { signal: abort.signal, onEvent }, (error) => error === reason);
}

function byThrow({ config, event }) {
  const reason = new Error('the soak throws');
  const onEvent = atEvent(event, () => {
    throw reason;
  });
  return fitUntil(new Trainer(config), { onEvent }, (error) => error === reason);
}

function byDispose({ config, event }) {
  const trainer = new Trainer(config);
  const onEvent = atEvent(event, () => trainer.dispose());
  return fitUntil(trainer, { onEvent }, (error) => error.code === 'DISPOSED');
}

async function byLeavingTheStream({ config, event }) {
  const trainer = new Trainer(config);
  let seen = 0;
  try {
    for await (const { type } of trainer.stream({ resume: 'auto' })) {
      seen += 1;
      if (seen === event && type !== 'end') return 'interrupted';
    }
    return 'completed';
  } finally {
    trainer.dispose();
  }
}

function byTimeLimit({ config, milliseconds }) {
  return fitUntil(new Trainer({ ...config, timeLimit: (milliseconds + 1) / 1000 }), {}, () => false);
}

async function byEndOfWorker({ config, event }) {
  const worker = new Worker(HOST, { workerData: { config, event }, execArgv: [] });
  const message = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  return message;
}

/** A process of its own, which may also be killed in a way that no library survives. */
function bySignal(signal, codes) {
  return async ({ recipeFile, output, milliseconds }) => {
    const args = ['train', '--json', '--config', recipeFile, '--output', output, '--resume', 'auto'];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, by) => resolve({ code, by }));
    });
    await Promise.race([ended, new Promise((resolve) => child.stdout.once('data', resolve))]);
    child.stdout.resume();
    await Promise.race([ended, wait(milliseconds)]);
    child.kill(signal);
    const { code, by } = await ended;
    if (code === 0) return 'completed';
    if (!codes.includes(code ?? by)) throw new Error(`train ended with ${code ?? by}: ${stderr}`);
    return 'interrupted';
  };
}

export const STOPS = {
  abort: byAbort,
  throw: byThrow,
  dispose: byDispose,
  leave: byLeavingTheStream,
  timeLimit: byTimeLimit,
  worker: byEndOfWorker,
  SIGTERM: bySignal('SIGTERM', [143]),
  SIGKILL: bySignal('SIGKILL', ['SIGKILL']),
};
