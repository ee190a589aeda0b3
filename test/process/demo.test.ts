import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Predictor, Trainer } from 'torchwing';
import { demoConfig } from '../../lib/demo/demo-config';
import { events, torchwing } from './cli-program';

/*
 * The whole demo, as often as its promise says: five data sets, and one with shuffled labels. Each run is real training
 * on two CPU cores, about a minute, so this file takes some seven minutes.
 */
const SEEDS = [101, 102, 103, 104, 105];
const MINUTES = 60_000;

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'torchwing-demo-'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

test(
  'npm start’s demo draws, trains, predicts two images and says what to type next',
  async () => {
    const output = join(place, 'shown');
    const { code, stdout, stderr } = await torchwing(['demo', '--output', output]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.includes('\u001b') || stdout.includes('\r')).toBe(false);
    expect(stdout).toContain('Drawing ants and bees from seed 101');
    const accuracy = Number(/^Best val Acc: (\S+)/m.exec(stdout)?.[1]);
    expect(accuracy).toBeGreaterThanOrEqual(0.9);
    expect(stdout).toMatch(/^\S+val\/ants\/0000\.jpg +(ants|bees) +\d+\.\d % +(ants|bees) +\d+\.\d %$/m);
    expect(stdout).toMatch(/^\S+val\/bees\/0000\.jpg /m);
    expect(stdout).toMatch(/main\.js train --data PHOTOS$/m);
    const again = await torchwing(['demo', '--output', output]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('error [OUTPUT_EXISTS]');
    await predictionsAgree(output, accuracy);
  },
  10 * MINUTES,
);

test.each(SEEDS.slice(1))(
  'seed %d reaches 90 %% as well',
  async (seed) => {
    const output = join(place, String(seed));
    const { code, stdout } = await torchwing(['demo', '--seed', String(seed), '--output', output, '--json']);
    expect(code).toBe(0);
    const end = events(stdout).at(-1) as unknown as { best: { accuracy: number } };
    expect(end).toMatchObject({ type: 'end', stopped: 'completed' });
    expect(end.best.accuracy).toBeGreaterThanOrEqual(0.9);
  },
  10 * MINUTES,
);

test(
  'on shuffled labels it learns nothing about validation images: what it learns otherwise is the shape',
  async () => {
    const images = join(place, 'shown', 'images');
    expect(existsSync(images)).toBe(true);
    const list = (phase: string) =>
      ['ants', 'bees'].flatMap((label) =>
        readdirSync(join(images, phase, label))
          .sort()
          .map((name) => ({ path: join(images, phase, label, name), label })),
      );
    // Every second image of each class changes sides, so exactly half of the training labels are right.
    const shuffled = list('train').map(({ path, label }, at) => ({
      path,
      label: at % 2 === 0 ? label : label === 'ants' ? 'bees' : 'ants',
    }));
    const config = demoConfig(images, null);
    const { dir: _dir, ...data } = config.data;
    const trainer = new Trainer({
      ...config,
      data: { ...data, train: { list: shuffled }, val: { list: list('val') } },
    });
    const { last } = await trainer.fit();
    trainer.dispose();
    expect(last?.val.accuracy).toBeLessThanOrEqual(0.6);
  },
  10 * MINUTES,
);

async function predictionsAgree(output: string, accuracy: number): Promise<void> {
  const predictor = await Predictor.load(join(output, 'best.pth'));
  const files = ['ants', 'bees'].flatMap((label) =>
    readdirSync(join(output, 'images', 'val', label)).map((name) => ({
      label,
      path: join(output, 'images', 'val', label, name),
    })),
  );
  for (const batchSize of [1, 32]) {
    const results = await predictor.predict(
      files.map(({ path }) => path),
      { topK: 1, batchSize },
    );
    const right = results.filter(([first], at) => first?.label === files[at]?.label).length;
    expect(right / files.length).toBeCloseTo(accuracy, 6);
  }
  predictor.dispose();
  expect(JSON.parse(readFileSync(join(output, 'config.json'), 'utf8'))).toMatchObject({
    epochs: expect.any(Number),
  });
}
