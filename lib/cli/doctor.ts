import { diagnose, type Finding } from '../setup/diagnose';
import { DOCTOR_HELP } from './doctor-flags';
import { EXIT_DONE } from './exit-codes';
import { helpText } from './help-text';
import { parseArguments, refusePositionals } from './parse-arguments';

export const help = helpText(DOCTOR_HELP);

/** Training cannot run on this machine as it is. */
const EXIT_ENVIRONMENT = 4;
const MARKS: Readonly<Record<Finding['state'], string>> = { ok: 'ok', note: '--', problem: '!!' };

/** `torchwing doctor`: what was found and what is wrong, each with its cure. */
export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseArguments(DOCTOR_HELP, argv);
  if (flags.help) {
    process.stdout.write(help);
    return EXIT_DONE;
  }
  refusePositionals('doctor', positionals);
  const findings = diagnose();
  const canTrain = findings.every(({ state }) => state !== 'problem');
  process.stdout.write(
    flags.json ? `${JSON.stringify({ canTrain, findings })}\n` : reportText(findings, canTrain),
  );
  return canTrain ? EXIT_DONE : EXIT_ENVIRONMENT;
}

function reportText(findings: readonly Finding[], canTrain: boolean): string {
  const lines = findings.flatMap(({ name, state, text, cure }) => [
    `${MARKS[state]}  ${name.padEnd(10)}${text}`,
    ...(cure === undefined ? [] : [`${' '.repeat(14)}cure: ${cure}`]),
  ]);
  return [...lines, '', canTrain ? 'Training can run here.' : 'Training cannot run here.', ''].join('\n');
}
