import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainerConfig } from '../../lib/config/types';
import type { TrainerEvent } from '../../lib/trainer/events';
import { Trainer } from '../../lib/trainer/trainer';
import type { FitOptions } from '../../lib/trainer/types';
import { FakeNative } from './fake-native';
import { antsAndBees, rejection, temporaryFolder } from './temporary-folder';

/** As in another process: nothing is left but the files. */
function freshFake(): FakeNative {
  const fake = new FakeNative();
  fake.accuracy = (_, epoch) => [0.5, 0.75, 0.25, 0.5][epoch] ?? 0;
  fake.onSave = (path) => writeFileSync(path, 'weights');
  return fake;
}

/** Runs of four epochs on a fake addon, in one folder, that are stopped and go on. */
export class RunBench {
  readonly dir = antsAndBees(4);
  fake = freshFake();
  output = '';

  /** For beforeEach: another folder, and a fake that knows nothing of it. */
  readonly begin = (): void => {
    this.renew();
    this.output = join(temporaryFolder(), 'run');
  };

  readonly renew = (): void => {
    this.fake = freshFake();
  };

  readonly trainer = (config: Partial<TrainerConfig> = {}): Trainer => {
    const { dir, output } = this;
    return new Trainer({ data: { dir }, model: { weights: null }, epochs: 4, output, ...config });
  };

  /** Trains until `phase` of `epoch` has begun and is then aborted behind its first step. */
  readonly aborted = async (
    phase: string,
    epoch: number,
    config: Partial<TrainerConfig> = {},
  ): Promise<void> => {
    const controller = new AbortController();
    this.fake.onPhase = async ({ options, stopped }) => {
      if (options.phase !== phase || options.epoch !== epoch) return;
      controller.abort('enough');
      await stopped;
    };
    expect(await rejection(this.trainer(config).fit({ signal: controller.signal }))).toBe('enough');
    this.renew();
  };

  readonly collected = async (options: FitOptions, config: Partial<TrainerConfig> = {}) => {
    const events: TrainerEvent[] = [];
    const result = await this.trainer(config).fit({
      ...options,
      onEvent: (event) => void events.push(event),
    });
    return { events, result, warnings: events.flatMap((e) => (e.type === 'warning' ? [e.code] : [])) };
  };

  readonly checkpoints = (): string[] =>
    readdirSync(this.output).filter((name) => name.startsWith('checkpoint-'));

  readonly newestPath = (): string => join(this.output, this.checkpoints().at(-1) ?? '');

  readonly record = (name: string): Record<string, unknown> & { position: Record<string, unknown> } =>
    JSON.parse(JSON.parse(readFileSync(join(this.output, name), 'utf8')).record);
}
