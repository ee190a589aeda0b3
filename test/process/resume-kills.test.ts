import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './child';
import { PROGRAM } from './cli-program';
import { drawPhotos } from './draw-photos';
import { figuresOf, quickFolder, shaOf } from './run-files';

/*
 * The promise of a checkpoint: wherever a run is killed, going on ends with the very weights, figures and run id of a run
 * that was never interrupted.
 */

const EPOCHS = 8;
const KILLS = 16;
const SEED = 20_240_613;

let data = '';
let place = '';
beforeAll(() => {
  data = drawPhotos({ train: 9, val: 6 });
  place = mkdtempSync(join(quickFolder(), 'torchwing-kills-'));
});
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

interface Line {
  type: string;
  phase?: string;
  epoch?: number;
  kind?: string;
}

/** When an attempt is killed, after its first step at the earliest. */
type Trigger = {
  /** Wait for a checkpoint of this attempt first, so that the run gets on. */
  settled: boolean;
} & ({ at: 'step'; milliseconds: number } | { at: 'phaseEnd' | 'epochEnd' | 'write' });

interface Attempt {
  killed: boolean;
  stderr: string;
  /** Where the run went on; undefined for the first attempt. */
  resumed: { epoch: number; phase: string; step: number } | undefined;
  /** Whether a checkpoint was being written when it was killed. */
  writing: boolean;
}

/** One process of the run, killed as `trigger` says, or left to its end. */
function attempt(
  mode: string,
  output: string,
  workers: number,
  trigger: Trigger | null,
  checkpoints = ['--checkpoint-every-steps', '1', '--checkpoint-every-epochs', '1'],
): Promise<Attempt> {
  const small = ['--weights', 'none', '--image-size', '32', '--threads', '1', '--lr', '0.01'];
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...[PROGRAM, 'train', '--json', '--data', data, '--mode', mode, '--output', output, ...small],
      ...['--epochs', `${EPOCHS}`, '--step-size', '2', '--workers', `${workers}`, '--resume', 'auto'],
      ...checkpoints,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const result: Attempt = { killed: false, stderr: '', resumed: undefined, writing: false };
  let stepped = false;
  // When the trigger was armed.
  let armed = 0;
  const kill = () => {
    if (result.killed) return;
    result.killed = true;
    child.kill('SIGKILL');
  };
  const clock = setInterval(() => {
    if (armed === 0 || trigger === null) return;
    if (trigger.at === 'step' && performance.now() - armed >= trigger.milliseconds) kill();
    if (trigger.at === 'write' && beingWritten(output)) {
      result.writing = true;
      kill();
    }
  }, 1);
  const onLine = (line: Line & { resumed?: Attempt['resumed'] }) => {
    if (line.type === 'start') result.resumed = line.resumed;
    if (armed > 0 && line.type === trigger?.at) kill();
    stepped ||= line.type === 'progress';
    const settled = line.type === 'checkpoint' && line.kind === 'resume';
    if (stepped && (settled || !trigger?.settled) && armed === 0) armed = performance.now();
  };
  let pending = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) onLine(JSON.parse(line));
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearInterval(clock);
      if (signal === null && code !== 0) reject(new Error(`exit code ${code}: ${result.stderr}`));
      else resolve({ ...result, killed: signal === 'SIGKILL' });
    });
  });
}

function beingWritten(folder: string): boolean {
  return readdirSync(folder).some((name) => name.startsWith('.checkpoint-'));
}

/** A sequence that the seed decides: numbers in 0..1. */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** At random steps, at the ends of phases and epochs, and while a checkpoint is being written. */
function plan(seed: number): Trigger[] {
  const draw = draws(seed);
  const places = ['step', 'write', 'phaseEnd', 'step', 'write', 'epochEnd', 'phaseEnd', 'step'] as const;
  return Array.from({ length: KILLS }, (_, number): Trigger => {
    // Once before the attempt has a checkpoint of its own, once behind it.
    const settled = number >= places.length ? number % 2 === 0 : number % 2 === 1;
    const at = places[number % places.length] ?? 'step';
    return at === 'step' ? { settled, at, milliseconds: Math.floor(draw() * 200) } : { settled, at };
  });
}

async function outcome(output: string) {
  return {
    best: await shaOf(join(output, 'best.pth')),
    last: await shaOf(join(output, 'last.pth')),
    figures: figuresOf(output).map(({ runId: _runId, ...figures }) => figures),
  };
}

test('32 kills of a finetune and of an extractor run leave no trace in weights, figures and run id', async () => {
  const kills = await Promise.all(
    ['finetune', 'extractor'].map(async (mode, at) => {
      const whole = join(place, `${mode}-whole`);
      await attempt(mode, whole, 2, null, []);
      const output = join(place, `${mode}-killed`);
      const done: Attempt[] = [];
      for (const [number, trigger] of plan(SEED + at).entries()) {
        const one = await attempt(mode, output, 1 + (number % 3), trigger);
        done.push(one);
        if (!one.killed) break;
      }
      if (done.at(-1)?.killed) done.push(await attempt(mode, output, 2, null));
      expect(await outcome(output)).toEqual(await outcome(whole));
      expect(new Set(figuresOf(output).map(({ runId }) => runId)).size).toBe(1);
      expect(readdirSync(output).filter((name) => name.includes('tmp') || name.includes('lock'))).toEqual([]);
      return done.filter(({ killed }) => killed);
    }),
  );
  const all = kills.flat();
  process.stdout.write(
    `${all.length} kills, ${all.filter(({ writing }) => writing).length} during a write; went on at ${all
      .map(({ resumed }) =>
        resumed === undefined ? '-' : `${resumed.phase} ${resumed.epoch}/${resumed.step}`,
      )
      .join(', ')}\n`,
  );
  expect(all.length).toBeGreaterThanOrEqual(30);
  // Of eight tries: a write may be over before the kill.
  expect(all.filter(({ writing }) => writing).length).toBeGreaterThanOrEqual(3);
  // Kills inside an epoch were met as such, not rounded to its start.
  expect(all.some(({ resumed }) => (resumed?.step ?? 0) > 0)).toBe(true);
}, 300_000);

/** A place in a run that no step belongs to, as boundary-kill.cjs takes it. */
type Boundary =
  | readonly ['phaseEnd', epoch: string, phase: 'train' | 'val']
  | readonly ['epochEnd', epoch: string];

/** Trains on by the API, up to the boundary; says where it went on, null for a beginning. */
async function trainTo(output: string, mode: string, epochs: number, boundary: Boundary | readonly []) {
  const { code, signal, stdout, stderr } = await runProgram('boundary-kill.cjs', [
    ...[data, output, mode, `${epochs}`],
    ...boundary,
  ]);
  expect({ signal, code, stderr }).toEqual(
    boundary.length === 0
      ? { signal: null, code: 0, stderr: '' }
      : { signal: 'SIGKILL', code: null, stderr: '' },
  );
  return JSON.parse(stdout) as { epoch: number; phase: 'train' | 'val'; step: number } | null;
}

/** Phases of a run, counted. */
const numberOf = ({ epoch, phase }: { epoch: number; phase: string }) =>
  2 * epoch + (phase === 'val' ? 1 : 0);

test.each(['finetune', 'extractor'])(
  'a kill at each end of a phase and of an epoch of a %s run leaves no trace',
  async (mode) => {
    const epochs = 3;
    const all = Array.from({ length: epochs }, (_, epoch) => `${epoch}`);
    // Between the end of an epoch and that of its last phase is no step: each has a run of its own.
    const ends: Record<string, readonly Boundary[]> = {
      phases: all.flatMap((epoch) => [
        ['phaseEnd', epoch, 'train'] as const,
        ['phaseEnd', epoch, 'val'] as const,
      ]),
      epochs: all.map((epoch) => ['epochEnd', epoch] as const),
    };
    const whole = join(place, `${mode}-to-its-end`);
    await trainTo(whole, mode, epochs, []);
    for (const [name, boundaries] of Object.entries(ends)) {
      const output = join(place, `${mode}-${name}`);
      for (const boundary of boundaries) {
        const from = await trainTo(output, mode, epochs, boundary);
        // It was killed at that very place, at least one step behind where it had gone on.
        const [type, epoch, phase] = [boundary[0], Number(boundary[1]), boundary[2] ?? 'val'];
        expect(figuresOf(output).at(-1)).toMatchObject(
          type === 'epochEnd' ? { type, epoch } : { type, epoch, phase },
        );
        const target = numberOf({ epoch, phase });
        if (from !== null && numberOf(from) === target) expect(from.step).toBe(0);
        else expect(from === null ? -1 : numberOf(from)).toBeLessThan(target);
      }
      await trainTo(output, mode, epochs, []);
      expect(await outcome(output)).toEqual(await outcome(whole));
    }
  },
  300_000,
);
