import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECK_HELP } from '../../lib/cli/check-flags';
import { DEMO_HELP } from '../../lib/cli/demo-flags';
import { DOCTOR_HELP } from '../../lib/cli/doctor-flags';
import { EXPORT_HELP } from '../../lib/cli/export-flags';
import type { CommandHelp } from '../../lib/cli/flags';
import { helpText } from '../../lib/cli/help-text';
import { PREDICT_HELP } from '../../lib/cli/predict-flags';
import { SETUP_HELP } from '../../lib/cli/setup-flags';
import { TRAIN_HELP } from '../../lib/cli/train-flags';
import { ERROR_EXIT_CODES } from '../../lib/native/errors';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'cli.md'), 'utf8');

const commands: readonly CommandHelp[] = [
  TRAIN_HELP,
  PREDICT_HELP,
  CHECK_HELP,
  EXPORT_HELP,
  DEMO_HELP,
  SETUP_HELP,
  DOCTOR_HELP,
];

test.each(commands.map((command) => [command.name, command] as const))(
  'docs/cli.md shows the help of %s as it is',
  (name, command) => {
    expect(page).toContain(`$ torchwing ${name} --help\n${helpText(command).trimEnd()}\n`);
  },
);

test.each(Object.entries(ERROR_EXIT_CODES))('docs/cli.md lists %s under exit code %d', (code, exit) => {
  const row = page.split('\n').find((line) => new RegExp(`^\\| ${exit} +\\|`).test(line));
  expect(row).toContain(`\`${code}\``);
});

/** The codes of the warnings that lib/ gives. */
function warningCodes(): string[] {
  const lib = join(__dirname, '..', '..', 'lib');
  const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = files.map((name) => readFileSync(join(lib, name), 'utf8'));
  return [
    ...new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/(?:\bcode: .*?|#warn\()'([A-Z_]+)'/g)].map(([, code = '']) => code),
      ),
    ),
  ];
}

test.each([...Object.keys(ERROR_EXIT_CODES), ...warningCodes()])(
  'docs/troubleshooting.md explains %s',
  (code) => {
    const troubleshooting = readFileSync(join(__dirname, '..', '..', 'docs', 'troubleshooting.md'), 'utf8');
    const rows = troubleshooting.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.map((row) => row.split('|')[1]).join()).toContain(`\`${code}\``);
  },
);
