import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';
import { compilePreload } from './faults/preload';
import { quickFolder } from './run-files';

/** Longest time from the last word of a process to its end. */
const PATIENCE = 5000;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function photos(): string {
  const data = drawPhotos({ train: 4, val: 2 });
  folders.push(data);
  return data;
}

/** Root may read everything, unless it gives up the right to. */
function underPermissions(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const setpriv = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'];
  const { status, error } = spawnSync('setpriv', [...setpriv.slice(1), 'true']);
  if (status !== 0) throw new Error(`As root this test needs setpriv to give up rights: ${error ?? status}.`);
  return setpriv;
}

interface Told {
  outcome: string;
  message: string;
  /** Images left out of each training phase that came to its end. */
  skipped: number[];
}

/** What came of a run in which `what` happened to a photo behind the first epoch; fails when the process does not end. */
function lose(what: string, policy: string): Promise<Told & { photo: string }> {
  const data = photos();
  const photo = join(data, 'train', 'ants', '000.png');
  const program = [process.execPath, join(__dirname, 'programs', 'lost-file.cjs'), data, photo, what, policy];
  const [command = '', ...args] = [...(what === 'unreadable' ? underPermissions() : []), ...program];
  const child = spawn(command, args, {
    env: { ...process.env, XDG_CACHE_HOME: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let told: Told | null = null;
    let late: NodeJS.Timeout | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told = JSON.parse(text);
      late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`The process did not end within ${PATIENCE} ms of its outcome: ${text}`));
      }, PATIENCE);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      if (told === null || code !== 0) reject(new Error(`It ended with ${code ?? signal}.`));
      else resolve({ ...told, photo });
    });
  });
}

describe('a photo that goes bad while training runs', () => {
  const HAPPENINGS = [
    ['deleted', 'IMAGE_READ', 'No such file or directory'],
    ['deleted with its folder', 'IMAGE_READ', 'No such file or directory'],
    ['replaced by a folder', 'IMAGE_READ', 'it is not a regular file'],
    ['replaced by a FIFO', 'IMAGE_READ', 'it is not a regular file'],
    ['replaced by a link to nothing', 'IMAGE_READ', 'No such file or directory'],
    ['replaced by other bytes', 'IMAGE_DECODE', ''],
    ['cut off', 'IMAGE_DECODE', ''],
    ['emptied', 'IMAGE_DECODE', ''],
    ['unreadable', 'IMAGE_READ', 'Permission denied'],
  ] as const;

  test.each(HAPPENINGS)('(%s) ends the run with %s, which names it', async (what, code, reason) => {
    const { outcome, message, photo } = await lose(what, 'error');
    expect(outcome).toBe(code);
    // Of a whole folder it is the first in the order of the epoch.
    expect(message).toContain(what.includes('its folder') ? 'ants' : photo);
    expect(message).toContain(reason);
  });

  test.each(HAPPENINGS)('(%s) is left out where bad images are', async (what) => {
    const { outcome, skipped } = await lose(what, 'skip');
    const lost = what.includes('its folder') ? 4 : 1;
    expect(outcome).toBe('completed');
    expect(skipped).toEqual([0, lost, lost]);
  });
});

describe('a disk that stops answering while training runs', () => {
  let shim = '';
  let place = '';
  beforeAll(() => {
    place = mkdtempSync(join(quickFolder(), 'torchwing-stall-'));
    folders.push(place);
    shim = compilePreload('stall', place);
  });

  /** How a host that is to end by `ending` once it stalls does end, and how long after. */
  function stalled(ending: string) {
    const data = photos();
    const order = join(data, 'order');
    const program = join(__dirname, 'programs', 'stalled-host.cjs');
    const child = spawn(process.execPath, [program, data, order, ending], {
      env: { ...process.env, LD_PRELOAD: shim, TORCHWING_STALL: order, XDG_CACHE_HOME: data },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return new Promise<{ said: string; code: number | null; milliseconds: number }>((resolve, reject) => {
      let said = '';
      let begin = 0;
      let late: NodeJS.Timeout | undefined;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (begin > 0 || !said.includes('STALLED')) return;
        begin = performance.now();
        late = setTimeout(() => child.kill('SIGKILL'), 9 * PATIENCE);
      });
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(late);
        expect(existsSync(`${order}.reached`)).toBe(true);
        resolve({ said: said.replace('STALLED\n', ''), code, milliseconds: performance.now() - begin });
      });
    });
  }

  test.each([
    ['abort', 0, 'enough\n'],
    ['exit', 7, ''],
    ['uncaught', 1, ''],
  ])('keeps no process from ending by %s', async (ending, exit, said) => {
    const ended = await stalled(ending);
    expect(ended).toMatchObject({ code: exit, said });
    expect(ended.milliseconds).toBeLessThan(PATIENCE);
  });

  test.each([
    ['training', 'SIGINT', 130, ['--no-preflight']],
    ['training', 'SIGTERM', 143, ['--no-preflight']],
    ['preflight', 'SIGINT', 130, []],
  ] as const)('and does so in %s: %s ends the program with %i', async (_, signal, exit, more) => {
    const data = photos();
    const order = join(data, 'order');
    writeFileSync(order, 'ants/000.png\n');
    let sent = 0;
    let watch: NodeJS.Timeout | undefined;
    const small = ['--weights', 'none', '--image-size', '32', '--workers', '2', '--mode', 'extractor'];
    const args = ['train', '--data', data, '--output', join(data, 'run'), ...small, ...more];
    const { code, stderr } = await torchwing(args, {
      env: { LD_PRELOAD: shim, TORCHWING_STALL: order, XDG_CACHE_HOME: data },
      onStart: (child) => {
        watch = setInterval(() => {
          if (sent > 0 || !existsSync(`${order}.reached`)) return;
          sent = performance.now();
          child.kill(signal);
        }, 20);
      },
    }).finally(() => clearInterval(watch));
    expect(performance.now() - sent).toBeLessThan(PATIENCE);
    expect({ code, sent: sent > 0 }).toEqual({ code: exit, sent: true });
    expect(stderr).not.toContain('error');
  });

  test('and a time limit ends the run all the same, with a checkpoint to go on from', async () => {
    const data = photos();
    const order = join(data, 'order');
    writeFileSync(order, 'ants/000.png\n');
    const output = join(data, 'run');
    const small = ['--weights', 'none', '--image-size', '32', '--workers', '2', '--mode', 'extractor'];
    const more = ['--no-preflight', '--time-limit', '12s'];
    const { code } = await torchwing(['train', '--data', data, '--output', output, ...small, ...more], {
      env: { LD_PRELOAD: shim, TORCHWING_STALL: order },
    });
    expect(code).toBe(0);
    expect(existsSync(`${order}.reached`)).toBe(true);
    expect(readdirSync(output)).toContainEqual(expect.stringMatching(/^checkpoint-0000-train-/));
  });

  test('and in preflight as well, where there is nothing to go on from yet', async () => {
    const data = photos();
    const order = join(data, 'order');
    writeFileSync(order, 'ants/000.png\n');
    const output = join(data, 'run');
    const begin = performance.now();
    const { code, stderr } = await torchwing(
      ['train', '--data', data, '--output', output, '--weights', 'none', '--time-limit', '6s'],
      { env: { LD_PRELOAD: shim, TORCHWING_STALL: order, XDG_CACHE_HOME: data } },
    );
    expect(code).toBe(0);
    expect(performance.now() - begin).toBeLessThan(6000 + PATIENCE + 5000);
    expect(existsSync(`${order}.reached`)).toBe(true);
    expect(stderr).toContain('Stopped. There is no checkpoint to go on from.');
    expect(existsSync(output)).toBe(false);
  });

  test('is told of in preflight, too, and again only after as long', async () => {
    const data = photos();
    const order = join(data, 'order');
    writeFileSync(order, 'ants/000.png\n');
    const output = join(data, 'run');
    const { code, stderr } = await torchwing(
      ['train', '--data', data, '--output', output, '--weights', 'none', '--time-limit', '50s'],
      { env: { LD_PRELOAD: shim, TORCHWING_STALL: order, XDG_CACHE_HOME: data } },
    );
    expect(code).toBe(0);
    expect(stderr.match(/Waiting for files that do not come: ".*ants\/000\.png" \(3\d s\)/g)).toHaveLength(1);
  }, 90_000);

  test('is told of after half a minute, with the file', async () => {
    const { said, code } = await stalled('warned');
    expect(code).toBe(0);
    expect(said).toMatch(/^DATA_STALLED .*ants\/000\.png" \(3\d s\)\. .*\ncompleted\n$/);
  }, 90_000);

  test('and then answers after all costs nothing but time', async () => {
    expect(await stalled('answer')).toMatchObject({ code: 0, said: 'completed\n' });
  });
});
