import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { type ExportFormat, exportFormatOf } from '../export/export-formats';
import { type Exported, exportWeights } from '../export/export-weights';
import { TorchwingError } from '../native/errors';
import { EXIT_DONE } from './exit-codes';
import { EXPORT_HELP } from './export-flags';
import { USAGE } from './flags';
import { helpText } from './help-text';
import { parseArguments } from './parse-arguments';

export const help = helpText(EXPORT_HELP);

/** `torchwing export`. */
export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseArguments(EXPORT_HELP, argv);
  if (flags.help) {
    process.stdout.write(help);
    return EXIT_DONE;
  }
  const weights = oneFile(positionals);
  const format = flags.format ?? (flags.output === undefined ? null : exportFormatOf(flags.output));
  if (format === null)
    throw usage(
      'The format is missing: expected --format onnx|safetensors|pth, or --output with one of these endings.',
    );
  if (flags['fold-batch-norm'] === true && format !== 'onnx')
    throw usage(`--fold-batch-norm is for --format onnx, not for ${format}.`);
  const output = flags.output ?? beside(weights, format);
  if (resolve(output) === resolve(weights))
    throw usage(`"${output}" is the file that is read: expected another one as --output.`);
  if (existsSync(output) && flags.overwrite !== true) {
    throw new TorchwingError('OUTPUT_EXISTS', `The file "${output}" is there already.`, {
      hint: 'Choose another one (--output FILE), or replace it (--overwrite).',
    });
  }
  const exported = await exportWeights(weights, output, {
    format,
    foldBatchNorm: flags['fold-batch-norm'],
    weightsPrefix: flags['weights-prefix'],
  });
  for (const note of exported.notes) process.stderr.write(`note: ${note}\n`);
  process.stdout.write(summary(exported));
  return EXIT_DONE;
}

function oneFile([weights, ...more]: readonly string[]): string {
  if (weights !== undefined && more.length === 0) return weights;
  throw usage(
    weights === undefined
      ? 'There are no weights to export.'
      : `Unexpected argument "${more[0]}": expected one weight file.`,
  );
}

function usage(message: string): TorchwingError {
  return new TorchwingError(USAGE, message, { hint: 'For example: torchwing export best.pth --format onnx' });
}

function beside(weights: string, format: ExportFormat): string {
  return `${weights.slice(0, weights.length - extname(weights).length)}.${format}`;
}

function summary({ path, format, bytes, classes, onnx }: Exported): string {
  const names = classes === null ? 'no class names (the weights have no record)' : classNames(classes);
  const lines = [`${path}: ${format}, ${(bytes / 1e6).toFixed(1)} MB, ${names}`];
  if (onnx !== null) {
    const { arch, input, output } = onnx;
    const value = ({ name, shape }: typeof input) => `${name} [${shape.join(', ')}]`;
    lines.push(`${arch}, opset 17: ${value(input)} -> ${value(output)}, float32; N is any batch size`);
  }
  return `${lines.join('\n')}\n`;
}

/** Of a long list the first few. */
function classNames(classes: readonly string[]): string {
  const shown = classes.slice(0, 6).join(', ');
  return `${classes.length} classes: ${classes.length > 6 ? `${shown}, …` : shown}`;
}
