import { flagSyntax, helpText } from '../../lib/cli/help-text';
import { nearest } from '../../lib/cli/nearest';
import { parseArguments, refusePositionals } from '../../lib/cli/parse-arguments';
import { PREDICT_HELP } from '../../lib/cli/predict-flags';
import { TRAIN_HELP } from '../../lib/cli/train-flags';
import { TorchwingError } from '../../lib/native/errors';

function refusal(work: () => unknown): TorchwingError {
  try {
    work();
  } catch (error) {
    if (error instanceof TorchwingError) return error;
    throw error;
  }
  throw new Error('expected a TorchwingError');
}

describe('parseArguments', () => {
  test('reads numbers, choices, booleans and text, as separate words or with =', () => {
    const { flags, positionals } = parseArguments(TRAIN_HELP, [
      '--data',
      './photos',
      '--lr=1e-2',
      '--epochs',
      '3',
      '--mode',
      'extractor',
      '--threads',
      'auto',
      '--json',
      'left over',
    ]);
    expect(flags).toEqual({
      data: './photos',
      lr: 0.01,
      epochs: 3,
      mode: 'extractor',
      threads: 'auto',
      json: true,
    });
    expect(positionals).toEqual(['left over']);
  });

  test('gives the last of two equal flags, and takes everything after -- as it is', () => {
    const { flags, positionals } = parseArguments(PREDICT_HELP, [
      '--top-k',
      '2',
      '--top-k=3',
      '--',
      '--json',
    ]);
    expect(flags).toEqual({ 'top-k': 3 });
    expect(positionals).toEqual(['--json']);
  });

  test.each([
    [['--lr', '-1'], 'Invalid value for "--lr": received -1, expected a finite number > 0.'],
    [['--lr=fast'], 'Invalid value for "--lr": received "fast", expected a finite number > 0.'],
    [['--lr', '1e999'], 'Invalid value for "--lr": received 1e999, expected a finite number > 0.'],
    [['--lr', '0x10'], 'Invalid value for "--lr": received "0x10", expected a finite number > 0.'],
    [['--lr='], 'Invalid value for "--lr": received "", expected a finite number > 0.'],
    [['--lr'], 'Invalid value for "--lr": received nothing, expected a finite number > 0.'],
    [['--lr', '--json'], 'Invalid value for "--lr": received nothing, expected a finite number > 0.'],
    [['--epochs', '0'], 'Invalid value for "--epochs": received 0, expected an integer >= 1.'],
    [['--epochs', '2.5'], 'Invalid value for "--epochs": received 2.5, expected an integer >= 1.'],
    [
      ['--threads', 'all'],
      'Invalid value for "--threads": received "all", expected an integer from 1 to 1024 or auto.',
    ],
    [
      ['--val-split', '1'],
      'Invalid value for "--val-split": received 1, expected a finite number > 0 and < 1.',
    ],
    [
      ['--label-smoothing', '1.5'],
      'Invalid value for "--label-smoothing": received 1.5, expected a finite number >= 0 and <= 1.',
    ],
    [['--mode', 'both'], 'Invalid value for "--mode": received "both", expected finetune or extractor.'],
    [['--output', ''], 'Invalid value for "--output": received "", expected a folder.'],
    [['--json=yes'], 'Invalid value for "--json": received "yes", expected no value.'],
  ])('refuses %j by name', (argv, message) => {
    const error = refusal(() => parseArguments(TRAIN_HELP, argv));
    expect(error.code).toBe('USAGE');
    expect(error.message).toBe(message);
  });

  test('suggests the flag that was meant', () => {
    const error = refusal(() => parseArguments(TRAIN_HELP, ['--epoch', '3']));
    expect(error.message).toBe('Unknown flag "--epoch" for torchwing train.');
    expect(error.hint).toContain('Did you mean --epochs?');
  });

  test('takes no flag for known that only an object inherits, and no short flags', () => {
    expect(refusal(() => parseArguments(TRAIN_HELP, ['--constructor'])).code).toBe('USAGE');
    expect(refusal(() => parseArguments(TRAIN_HELP, ['-x'])).message).toBe(
      'Unknown flag "-x" for torchwing train.',
    );
  });

  test('refuses words beside the flags of a command that takes none', () => {
    expect(refusal(() => refusePositionals('train', ['./photos'])).message).toContain('--data ./photos');
    expect(() => refusePositionals('train', [])).not.toThrow();
  });
});

describe('helpText', () => {
  test('explains every flag, with its default, in lines of at most 100 characters', () => {
    const text = helpText(TRAIN_HELP);
    for (const [name, flag] of Object.entries(TRAIN_HELP.flags))
      expect(text).toContain(flagSyntax(name, flag));
    expect(text).toContain('learning rate of SGD (default: 0.001)');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('nearest', () => {
  test('finds a slip of the finger and nothing for another word', () => {
    expect(nearest('trian', ['train', 'predict'])).toBe('train');
    expect(nearest('wieghts', ['weights', 'workers'])).toBe('weights');
    expect(nearest('banana', ['train', 'predict'])).toBeNull();
  });
});
