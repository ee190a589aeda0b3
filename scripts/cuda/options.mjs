/** The command line of `npm run test:cuda`. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { StepFailure } from '../setup/run.mjs';
import { CHECKS } from './checks.mjs';

export const HELP = `npm run test:cuda -- [options]

  --data DIR       ImageFolder with train/ and val/; the ants and bees for the published accuracy (default: drawn photos)
  --weights FILE   1,000-class ResNet-18 state_dict (default: random weights; the accuracy check then does not run)
  --python FILE    interpreter with torch and torchvision on the same machine, for the comparison of speed
                   (default $PYTHON; without one that comparison does not run)
  --only LIST      checks by name: ${CHECKS.map(({ name }) => name).join(', ')}
  --device DEVICE  cuda, cuda:N, or cpu: a dry run that holds the CPU against the CPU, on the smallest of everything
                   (default cuda)
  --name NAME      the report is docs/reports/cuda-NAME.md (default: the device's name)
  --output FILE    writes the report there instead

Ends with 0 when every check was run and passed, 1 when one failed, 5 when one could not be run, such as all of them
where there is no GPU.`;

function existing(flag, file) {
  if (file === undefined) return null;
  if (!existsSync(file)) throw new StepFailure(`Invalid value for --${flag}: "${file}" is not there.`, 2);
  return path.resolve(file);
}

function chosen(only) {
  const names = only?.split(',') ?? CHECKS.map(({ name }) => name);
  const unknown = names.find((name) => !CHECKS.some((check) => check.name === name));
  if (unknown !== undefined)
    throw new StepFailure(
      `Invalid value for --only: received "${unknown}", expected one of ${CHECKS.map(({ name }) => name).join(', ')}.`,
      2,
    );
  return CHECKS.filter(({ name }) => names.includes(name));
}

/** @returns null when only the help was asked for */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string' },
      weights: { type: 'string' },
      python: { type: 'string', default: process.env.PYTHON },
      only: { type: 'string' },
      device: { type: 'string', default: 'cuda' },
      name: { type: 'string' },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (!/^(cpu|cuda(:\d{1,3})?)$/.test(values.device))
    throw new StepFailure(
      `Invalid value for --device: received "${values.device}", expected cuda, cuda:N or cpu.`,
      2,
    );
  if (values.name !== undefined && !/^[\w.-]+$/.test(values.name))
    throw new StepFailure(
      `Invalid value for --name: received "${values.name}", expected letters, digits, ".", "_" and "-".`,
      2,
    );
  return {
    checks: chosen(values.only),
    whole: values.only === undefined,
    device: values.device === 'cuda' ? 'cuda:0' : values.device,
    data: existing('data', values.data),
    weights: existing('weights', values.weights),
    python: values.python ?? null,
    name: values.name ?? null,
    output: values.output === undefined ? null : path.resolve(values.output),
  };
}
