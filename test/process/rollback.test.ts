import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { events, type Finished, type RunOptions, torchwing } from './cli-program';
import { drawPhotos } from './draw-photos';
import { figuresOf, quickFolder, shaOf } from './run-files';

/** Behind one step with this rate the head's weights are infinite, and the next loss is NaN. */
const DIVERGING = 2 ** 127;
/** Powers of two, so that the lowered rate is this very number. */
const GOOD = 2 ** -7;
const ROLLING = ['--on-bad-loss', 'rollback', '--lr', `${DIVERGING}`];
const FAR = ['--rollback-lr-factor', `${GOOD / DIVERGING}`];

let place = '';
let data = '';
let whole: { last: string; figures: unknown };
beforeAll(async () => {
  place = mkdtempSync(join(quickFolder(), 'torchwing-rollback-'));
  data = drawPhotos({ train: 6, val: 4 });
  const output = join(place, 'whole');
  expect((await train(output, ['--lr', `${GOOD}`])).code).toBe(0);
  whole = await endOf(output);
});
afterAll(() => {
  for (const folder of [place, data]) rmSync(folder, { recursive: true, force: true });
});

const SMALL = ['--weights', 'none', '--image-size', '32', '--mode', 'extractor', '--epochs', '3', '--json'];

function train(output: string, more: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return torchwing(['train', '--data', data, '--output', output, ...SMALL, ...more], options);
}

async function endOf(output: string) {
  const figures = figuresOf(output).map(({ runId: _, ...rest }) => rest);
  return { last: await shaOf(join(output, 'last.pth')), figures };
}

function rollbacks(rows: string): unknown[] {
  return events(rows).filter(({ code }) => code === 'ROLLED_BACK');
}

test('a run that diverges stops with the step that did it', async () => {
  const { code, stderr } = await train(join(place, 'stopped'), ['--lr', `${DIVERGING}`]);
  expect(code).toBe(1);
  expect(stderr).toContain('The loss became NaN in training step 1 of epoch 0');
  expect(stderr).toContain('The weights are those from before this step.');
});

test('a run that rolls back keeps nothing of what diverged: it ends as one with the lower rate from the start', async () => {
  const output = join(place, 'rolled');
  const { code, stdout } = await train(output, [...ROLLING, ...FAR]);
  expect(code).toBe(0);
  expect(rollbacks(stdout)).toHaveLength(1);
  expect(rollbacks(readFileSync(join(output, 'metrics.jsonl'), 'utf8'))).toHaveLength(1);
  expect(await endOf(output)).toEqual(whole);
});

test('a run rolls back no more often than it may', async () => {
  const output = join(place, 'given-up');
  const { code, stdout, stderr } = await train(output, [...ROLLING, '--max-rollbacks', '2']);
  expect(code).toBe(1);
  expect(rollbacks(stdout)).toHaveLength(2);
  expect(stderr).toContain('[LOSS_NOT_FINITE]');
  expect(stderr).toContain('The run had been rolled back 2 times');
});

test('a run that stopped may be resumed with the other policy', async () => {
  const output = join(place, 'changed-mind');
  expect((await train(output, ['--lr', `${DIVERGING}`])).code).toBe(1);
  const again = ['train', '--resume', 'auto', '--output', output, '--on-bad-loss', 'rollback', ...FAR];
  expect((await torchwing(again)).code).toBe(0);
  expect(await endOf(output)).toEqual(whole);
});

test.each([
  ['when it has just rolled back', /ROLLED_BACK/],
  ['in the epoch that it trains again', /ROLLED_BACK.*"type":"progress"/s],
  ['in a later epoch', /"type":"progress","phase":"train","epoch":1/],
  ['behind the last training phase', /"type":"phaseEnd","phase":"train","epoch":2/],
])('a run that is killed %s goes on to the same end', async (when, moment) => {
  const output = join(place, when.replaceAll(' ', '-'));
  let killed = false;
  const more = [...ROLLING, ...FAR, '--checkpoint-every-steps', '2', '--workers', '2'];
  const { signal } = await train(output, more, {
    onOutput: (child, stdout) => {
      if (!killed && moment.test(stdout)) killed = child.kill('SIGKILL');
    },
  });
  expect(signal).toBe('SIGKILL');
  const { code } = await torchwing([
    'train',
    '--resume',
    'auto',
    '--output',
    output,
    '--json',
    '--workers',
    '1',
  ]);
  expect(code).toBe(0);
  expect(await endOf(output)).toEqual(whole);
});
