// Runs one cell of the matrix in a process of its own and says what is wrong with how it ended.
const { spawn } = require('node:child_process');
const { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { ENDINGS, MISSED } = require('./cells.cjs');
const { startClock } = require('./own-time.cjs');

/** Milliseconds in which a process is gone after its end was asked for. */
const PATIENCE = 5000;
/** For all that comes before that. */
const LIMIT = 120_000;

/** States behind the first step of a run, which a signal must leave with a checkpoint. */
const TRAINING = ['first step', 'mid-epoch', 'between epochs', 'in a callback', 'writing a checkpoint'];

const HOST = join(__dirname, 'host.cjs');
const LIBRARY = join(__dirname, '..', '..', '..', 'dist');

/** @returns the data set that every cell trains on, a few small photos in `folder` */
async function drawData(folder) {
  const { writeInsects } = require(join(LIBRARY, 'demo', 'write-insects.js'));
  const data = join(folder, 'photos');
  await writeInsects(data, { seed: 1, size: 48, perClass: { train: 4, val: 2 } });
  return data;
}

/**
 * @param options `node`: the binary; `host`: another program than host.cjs; `data`: the data set; `base`: a folder for the run's own
 * @returns problem: one line, null when the cell ended as it should; seconds: from the end that was asked for to the process's, as
 *   own-time.cjs counts them; wallSeconds: the same by the clock on the wall
 */
async function runCell(cell, { node = process.execPath, host = HOST, data, base }) {
  const place = mkdtempSync(join(base, 'exit-'));
  try {
    const ended = await runHost(cell, { node, host, data, place });
    const problem = problemOf(cell, ended) ?? (await problemOfFiles(cell, place));
    return { problem, seconds: ended.seconds, wallSeconds: ended.wallSeconds };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function runHost({ situation, state, ending }, { node, host, data, place }) {
  const [runs, temporary] = [join(place, 'runs'), join(place, 'tmp')];
  for (const folder of [runs, temporary]) mkdirSync(folder);
  const child = spawn(node, [host, situation, state, ending, data, runs], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CACHE_HOME: join(place, 'cache'), TMPDIR: temporary, NODE_OPTIONS: '' },
  });
  const result = { code: null, signal: null, stderr: '', asked: false, seconds: 0, wallSeconds: 0, late: '' };
  let clock = startClock(child.pid);
  let began = performance.now();
  let limit = LIMIT;
  const timer = setInterval(() => {
    if (clock() <= limit) return;
    result.late ||= `${limit === LIMIT ? 'did not go on' : 'hung'} for ${limit / 1000} s`;
    child.kill('SIGKILL');
  }, 100);
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    for (const line of chunk.split('\n').filter(Boolean)) {
      result.asked ||= line === 'ENDING';
      limit = line === 'ENDING' ? PATIENCE : LIMIT;
      clock = startClock(child.pid);
      began = performance.now();
    }
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    result.stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      clearInterval(timer);
      result.seconds = clock() / 1000;
      result.wallSeconds = (performance.now() - began) / 1000;
    });
    child.once('close', (code, signal) => resolve({ ...result, code, signal }));
  });
}

function problemOf({ ending }, { code, signal, stderr, late, asked }) {
  const said = stderr === '' ? '' : `; it said: ${stderr.trim().slice(0, 2000)}`;
  if (late !== '') return `${late}${said}`;
  if (code === MISSED) return 'trained past the state in which it was to end';
  if (signal !== null) return `died of ${signal}${said}`;
  if (code !== ENDINGS[ending]) return `exit code ${code}, expected ${ENDINGS[ending]}${said}`;
  if (!asked) return `ended before it was asked to${said}`;
  const fails = ending === 'uncaught error' || ending === 'unhandled rejection';
  if (!fails && stderr !== '') return `printed: ${stderr.trim().slice(0, 2000)}`;
  if (fails && !stderr.includes('planted')) return `ended by another error${said}`;
  return null;
}

const RUN_FILE = /^(config\.json|metrics\.jsonl|best\.pth|last\.pth|checkpoint-[\w-]+\.pth)$/;

async function problemOfFiles({ state, ending }, place) {
  const cached = readdirSync(place, { recursive: true, withFileTypes: true });
  const half = cached.find((file) => file.isFile() && /tmp|lock/.test(file.name));
  if (half !== undefined) return `left ${half.name} behind`;
  const [temporary] = readdirSync(join(place, 'tmp'));
  if (temporary !== undefined) return `left tmp/${temporary} behind`;
  const interrupted = (ending === 'SIGINT' || ending === 'SIGTERM') && TRAINING.includes(state);
  const runs = join(place, 'runs');
  let kept = 0;
  for (const run of readdirSync(runs)) {
    let checkpoints = 0;
    for (const name of readdirSync(join(runs, run))) {
      if (!RUN_FILE.test(name)) return `left ${run}/${name} behind`;
      if (name.startsWith('checkpoint-')) checkpoints += 1;
      const problem = await load(join(runs, run, name)).then(
        () => null,
        (error) => error.message,
      );
      if (problem !== null) return `${run}/${name} is not whole: ${problem}`;
    }
    if (checkpoints > 0) kept += 1;
    else if (interrupted && wasTraining(join(runs, run))) return `${run} left no checkpoint`;
  }
  // Of two runs one may have been stopped before its first step.
  return interrupted && kept === 0 ? 'left no checkpoint' : null;
}

/** Whether a run had come to the end of a phase when it was ended, and not to its own end. */
function wasTraining(run) {
  const metrics = join(run, 'metrics.jsonl');
  const told = existsSync(metrics) ? readFileSync(metrics, 'utf8') : '';
  return told.includes('"type":"phaseEnd"') && !told.includes('"stopped":"completed"');
}

/** Reads a run's file as the product would; throws for one that is not whole. */
async function load(path) {
  if (path.endsWith('.json')) return void JSON.parse(readFileSync(path, 'utf8'));
  if (path.endsWith('.jsonl')) {
    const text = readFileSync(path, 'utf8');
    if (text !== '' && !text.endsWith('\n')) throw new Error('half a line');
    for (const line of text.split('\n').filter(Boolean)) JSON.parse(line);
    return;
  }
  const { StateDict } = require(join(LIBRARY, 'index.js'));
  const checkpoint = /checkpoint-/.test(path);
  const state = checkpoint ? await StateDict.readCheckpoint(path) : await StateDict.read(path);
  state.dispose();
}

module.exports = { drawData, runCell };
