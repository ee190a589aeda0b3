import { sizeText } from '../../lib/native/size-text';
import { chooseReporter, wantsColor } from '../../lib/report/choose-reporter';
import { countLine } from '../../lib/report/count-line';
import { JsonLinesReporter } from '../../lib/report/json-lines';
import { liveLine } from '../../lib/report/live-line';
import { PlainReporter } from '../../lib/report/plain';
import { palette } from '../../lib/report/style';
import { TerminalReporter } from '../../lib/report/terminal';
import { clock } from '../../lib/report/text';
import type { PhaseEndEvent, ProgressEvent, TrainerEvent } from '../../lib/trainer/events';

const ESC = '\u001b';
const CLEAR = `\r${ESC}[2K`;
const NO_STYLE = palette(false);

/** What was written, and a width that can change. */
class Memory {
  text = '';
  columns = 80;
  isTTY = true;
  private listeners: (() => void)[] = [];
  write(text: string): void {
    this.text += text;
  }
  on(_event: 'resize', listener: () => void): void {
    this.listeners.push(listener);
  }
  off(_event: 'resize', listener: () => void): void {
    this.listeners = this.listeners.filter((one) => one !== listener);
  }
  resize(columns: number): void {
    this.columns = columns;
    for (const listener of this.listeners) listener();
  }
  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }
}

const base = { v: 1, runId: 'run', time: '2026-01-02T03:04:05.000Z' } as const;
const epoch = { epoch: 0, epochs: 25 };
const train = { loss: 0.63321, accuracy: 0.65983, seconds: 30.5, imagesPerSecond: 8 };
const val = { loss: 0.2, accuracy: 0.915, seconds: 2, imagesPerSecond: 123.4 };
const costs = { read: 0, decode: 0, resize: 0, otherTransforms: 0, wait: 0 };

const start: TrainerEvent = {
  ...base,
  type: 'start',
  config: {},
  classes: ['ants', 'bees'],
  counts: { train: 244, val: 153 },
  device: 'cpu',
  threads: 2,
  workers: 1,
  versions: { torchwing: '0.1.0', libtorch: '2.13.0', node: '20.0.0', cpuCapability: 'AVX2' },
};
const progress: ProgressEvent = {
  ...base,
  ...epoch,
  type: 'progress',
  phase: 'train',
  step: 30,
  steps: 60,
  images: 120,
  loss: 0.7,
  accuracy: 0.5,
  imagesPerSecond: 8.04,
  secondsLeft: 75,
};
const trainEnd: PhaseEndEvent = {
  ...base,
  ...epoch,
  ...train,
  type: 'phaseEnd',
  phase: 'train',
  images: 244,
  skipped: 2,
  costs,
  cache: { hits: 0, bytes: 0 },
  memory: { resident: 2 ** 29, device: null },
};
const valEnd: PhaseEndEvent = {
  ...base,
  ...epoch,
  ...val,
  type: 'phaseEnd',
  phase: 'val',
  images: 153,
  skipped: 0,
  costs,
  cache: { hits: 0, bytes: 0 },
  memory: { resident: 2 ** 29, device: null },
};
const onDevice = { allocated: 2 ** 28, maxAllocated: 3.1 * 2 ** 30, reserved: 2 ** 32, maxReserved: 2 ** 32 };
const epochEnd: TrainerEvent = {
  ...base,
  ...epoch,
  type: 'epochEnd',
  lr: 0.001,
  train,
  val,
  best: { epoch: 0, accuracy: 0.915 },
  improved: true,
};
const warning: TrainerEvent = {
  ...base,
  type: 'warning',
  code: 'CUDA_UNUSED',
  message: 'A GPU is idle.',
  hint: 'Do this.',
};
const end: TrainerEvent = {
  ...base,
  type: 'end',
  stopped: 'completed',
  best: { epoch: 0, accuracy: 0.915, loss: 0.2 },
  seconds: 125.9,
};

const SUMMARY = [
  'torchwing 0.1.0, LibTorch 2.13.0, cpu (AVX2), 2 threads, 1 worker',
  '2 classes: ants, bees; 244 training and 153 validation images',
  '',
  'Epoch 0/24',
  '----------',
];

describe('PlainReporter', () => {
  test('writes the tutorial’s summary in plain lines, warnings on stderr', () => {
    const out = new Memory();
    const err = new Memory();
    const reporter = new PlainReporter(out, err);
    for (const event of [start, progress, trainEnd, warning, valEnd, epochEnd, end]) reporter.event(event);
    reporter.note('Interrupted.');
    reporter.close();
    expect(out.text.split('\n')).toEqual([
      ...SUMMARY,
      'train Loss: 0.6332 Acc: 0.6598 (8.0 img/s, 30.5 s, 2 images skipped)',
      'val Loss: 0.2000 Acc: 0.9150 (123 img/s, 2.0 s)',
      'new best: 91.50 %',
      '',
      'Training complete in 2m 5s',
      'Best val Acc: 0.915000 (epoch 0)',
      '',
      '',
    ]);
    expect(out.text).not.toContain(ESC);
    expect(out.text).not.toContain('\r');
    expect(err.text).toBe('warning [CUDA_UNUSED] A GPU is idle.\nhint: Do this.\nInterrupted.\n');
  });

  test('shows a sign of life every half minute of a phase', () => {
    const out = new Memory();
    const reporter = new PlainReporter(out, new Memory());
    for (const second of ['00', '29', '30', '45', '59']) {
      reporter.event({ ...progress, time: `2026-01-02T03:04:${second}.000Z` });
    }
    reporter.event({ ...progress, phase: 'val', time: '2026-01-02T03:05:40.000Z' });
    expect(out.text).toBe('  epoch 0/24 train 30/60 loss 0.7000 acc 0.5000 8.0 img/s 1:15 left\n');
  });

  test('tells the most that a phase had on a device, where there is one', () => {
    const out = new Memory();
    const reporter = new PlainReporter(out, new Memory());
    reporter.event({ ...valEnd, memory: { resident: null, device: onDevice } });
    expect(out.text).toBe(
      'val Loss: 0.2000 Acc: 0.9150 (123 img/s, 2.0 s, at most 3.10 GiB on the device)\n',
    );
  });

  test('says so when a run was stopped or never got better', () => {
    const out = new Memory();
    new PlainReporter(out, new Memory()).event({
      ...base,
      type: 'end',
      stopped: 'aborted',
      best: null,
      seconds: 5,
    });
    expect(out.text).toBe('Training stopped after 0m 5s\nNo epoch was better than the start.\n\n');
  });
});

describe('TerminalReporter', () => {
  test('keeps one live line and replaces it by the phase’s summary', () => {
    const out = new Memory();
    const reporter = new TerminalReporter(out, NO_STYLE);
    reporter.event(start);
    expect(out.take()).toBe(`${SUMMARY.slice(0, 3).join('\n')}\n`);
    reporter.event(progress);
    const line = liveLine(progress, 80, NO_STYLE);
    expect(out.take()).toBe(`Epoch 0/24\n----------\n${CLEAR}${line}`);
    reporter.event({ ...progress, step: 45 });
    expect(out.take()).toBe(CLEAR + liveLine({ ...progress, step: 45 }, 80, NO_STYLE));
    reporter.event(trainEnd);
    expect(out.take()).toBe(`${CLEAR}train Loss: 0.6332 Acc: 0.6598  8.0 img/s, 30.5 s, 2 images skipped\n`);
    reporter.event(valEnd);
    reporter.event(epochEnd);
    reporter.event(end);
    expect(out.take()).toBe(
      [
        'val Loss: 0.2000 Acc: 0.9150  123 img/s, 2.0 s',
        'new best: 91.50 %',
        '',
        'Training complete in 2m 5s',
        'Best val Acc: 0.915000 (epoch 0)',
        '',
        '',
      ].join('\n'),
    );
  });

  test('writes a warning above the live line', () => {
    const out = new Memory();
    const reporter = new TerminalReporter(out, NO_STYLE);
    reporter.event(progress);
    out.take();
    reporter.event(warning);
    const line = liveLine(progress, 80, NO_STYLE);
    expect(out.text).toBe(`${CLEAR}warning [CUDA_UNUSED] A GPU is idle.\nhint: Do this.\n${CLEAR}${line}`);
  });

  test('follows the width of the window, and leaves a clean line and no listener behind', () => {
    const out = new Memory();
    const reporter = new TerminalReporter(out, NO_STYLE);
    reporter.event(progress);
    out.take();
    out.resize(40);
    expect(out.take()).toBe(CLEAR + liveLine(progress, 40, NO_STYLE));
    reporter.close();
    expect(out.take()).toBe(CLEAR);
    out.resize(100);
    expect(out.text).toBe('');
  });
});

describe('liveLine', () => {
  test('shows bar, share, loss, accuracy, speed and time left', () => {
    expect(liveLine(progress, 200, NO_STYLE)).toBe(
      `train 0/24 ${'━'.repeat(15)}${'─'.repeat(15)}  50 %  loss 0.7000  acc 0.5000  8.0 img/s  1:15 left`,
    );
  });

  test.each(Array.from({ length: 120 }, (_, at) => at + 1))('fits into %d columns', (columns) => {
    expect(liveLine(progress, columns, NO_STYLE).length).toBeLessThanOrEqual(Math.max(1, columns - 1));
  });

  test('leaves out the least important first', () => {
    expect(liveLine(progress, 60, NO_STYLE)).toBe('train 0/24  50 %  loss 0.7000  acc 0.5000  1:15 left');
    expect(liveLine(progress, 30, NO_STYLE)).toBe('train 0/24  50 %  1:15 left');
    expect(liveLine(progress, 10, NO_STYLE)).toBe('50 %');
  });
});

describe('JsonLinesReporter', () => {
  test('writes each event as one line and nothing else', () => {
    const out = new Memory();
    const err = new Memory();
    const reporter = new JsonLinesReporter(out, err);
    reporter.event({ ...progress, loss: Number.NaN });
    reporter.event(end);
    reporter.note('Interrupted.');
    reporter.close();
    const lines = out.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([{ ...progress, loss: 'NaN' }, end]);
    expect(err.text).toBe('Interrupted.\n');
  });
});

describe('chooseReporter', () => {
  const choose = (json: boolean, isTTY: boolean, env = {}) =>
    chooseReporter({ json, out: Object.assign(new Memory(), { isTTY }), err: new Memory(), env });

  test('is live on a terminal only', () => {
    expect(choose(false, true)).toBeInstanceOf(TerminalReporter);
    expect(choose(false, false)).toBeInstanceOf(PlainReporter);
    expect(choose(false, true, { TERM: 'dumb' })).toBeInstanceOf(PlainReporter);
    expect(choose(true, true)).toBeInstanceOf(JsonLinesReporter);
  });

  test('obeys NO_COLOR, but not an empty one', () => {
    expect(wantsColor({ NO_COLOR: '1' })).toBe(false);
    expect(wantsColor({ NO_COLOR: '' })).toBe(true);
    expect(wantsColor({})).toBe(true);
    expect(palette(true).good('x')).toBe(`${ESC}[32mx${ESC}[39m`);
  });
});

describe('countLine', () => {
  test('counts in place on a terminal, by whole percents', () => {
    const out = new Memory();
    const line = countLine(out, {}, 'Drawing');
    for (const done of [1, 2, 3, 1000]) line.show(done, 1000);
    line.close();
    expect(out.text).toBe('\rDrawing: 1/1000\rDrawing: 1000/1000\n');
  });

  test('is one line elsewhere', () => {
    const out = new Memory();
    out.isTTY = false;
    const line = countLine(out, {}, 'Drawing');
    line.show(1, 2);
    line.close();
    expect(out.text).toBe('Drawing\n');
  });
});

test('sizes are in the units of LibTorch', () => {
  expect([0, 1023, 1024, 5.12 * 2 ** 20, 2 ** 31, 3 * 2 ** 40, 2 ** 53].map(sizeText)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.00 KiB',
    '5.12 MiB',
    '2.00 GiB',
    '3.00 TiB',
    '8192.00 TiB',
  ]);
});

test('clock', () => {
  expect([0, 9.4, 61, 3723, -1].map(clock)).toEqual(['0:00', '0:09', '1:01', '1:02:03', '0:00']);
});
