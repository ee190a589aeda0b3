import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { drawPhotos } from './draw-photos';

const { STEADY_MALLOC } = require('./programs/gauge.cjs') as { STEADY_MALLOC: Record<string, string> };

/** Bytes; one handle of the smallest kind is larger by far. */
const LEFT = 500_000;
const HELD = 10_000_000;

let data = '';
beforeAll(() => {
  data = drawPhotos({ train: 2, val: 2 });
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

test('handles that are dropped without dispose() give their memory and their threads back', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', join(__dirname, 'programs', 'dropped-handles.cjs'), data],
    { encoding: 'utf8', env: { ...process.env, ...STEADY_MALLOC } },
  );
  expect(stderr).toBe('');
  const kinds = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; held: number; left: number; threads: number });
  expect(kinds.map(({ kind }) => kind)).toEqual([
    'Tensor',
    'StateDict',
    'ResNet',
    'SGD',
    'StepLR',
    'Predictor',
    'ImageLoader',
    'TrainingSession',
    'Trainer',
  ]);
  const wrong = kinds.filter(({ held, left, threads }) => held < HELD || left > LEFT || threads > 0);
  expect(wrong).toEqual([]);
});
