import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM, TRAIN_PROGRAM, torchwing } from './cli-program';

const version = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8'))
  .version as string;

test('without a command it lists the commands', async () => {
  const { code, stdout, stderr } = await torchwing([]);
  expect(code).toBe(0);
  expect(stderr).toBe('');
  for (const name of ['train', 'predict', 'check', 'demo', 'setup', 'doctor', 'help']) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  }
  expect((await torchwing(['--help'])).stdout).toBe(stdout);
});

test.each(['train', 'predict', 'demo', 'setup', 'doctor'])('%s --help explains its flags', async (name) => {
  const { code, stdout, stderr } = await torchwing([name, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`torchwing ${name}`);
  expect(stdout).toContain('--help');
  expect((await torchwing(['help', name])).stdout).toBe(stdout);
});

test('node dist/train.js is torchwing train', async () => {
  const help = await torchwing(['--help'], { program: TRAIN_PROGRAM });
  expect(help).toEqual(await torchwing(['train', '--help'], { program: PROGRAM }));
  const refused = await torchwing(['--epochs', '0'], { program: TRAIN_PROGRAM });
  expect(refused).toEqual(await torchwing(['train', '--epochs', '0']));
  expect(refused.code).toBe(2);
});

test('--version prints the version', async () => {
  expect(await torchwing(['--version'])).toMatchObject({ code: 0, stdout: `torchwing ${version}\n` });
});

test('an unknown command is refused with the one that was meant', async () => {
  const { code, stdout, stderr } = await torchwing(['trian']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error \[USAGE\] Unknown command "trian"\.\nhint: Did you mean torchwing train\?/);
});

test('wrong arguments are one line and a hint on stderr; the stack only with --verbose', async () => {
  const { code, stdout, stderr } = await torchwing(['train', '--epoch', '3']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.split('\n')).toEqual([
    'error [USAGE] Unknown flag "--epoch" for torchwing train.',
    'hint: Did you mean --epochs? Type torchwing train --help for the list.',
    '',
  ]);
  const verbose = await torchwing(['train', '--lr', '-1', '--verbose']);
  expect(verbose.code).toBe(2);
  expect(verbose.stderr).toMatch(
    /^error \[USAGE\] Invalid value for "--lr": received -1, expected a finite number > 0\.\n/,
  );
  expect(verbose.stderr).toMatch(/^ {4}at /m);
});
