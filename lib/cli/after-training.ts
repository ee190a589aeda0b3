import { join } from 'node:path';
import { commandLine } from './command-line';

/** What to type after a run whose folder is `folder`. */
export function afterTraining(folder: string): readonly string[] {
  return [
    `best.pth, last.pth, metrics.jsonl and config.json are in ${folder}.`,
    'Next, tell the class of a photo:',
    `  ${commandLine('predict', join(folder, 'best.pth'), 'PHOTO.jpg')}`,
    'The same run again:',
    `  ${commandLine('train', '--config', join(folder, 'config.json'))}`,
  ];
}

/** What to type after a run that was interrupted. */
export function afterInterruption(folder: string, epochsDone: number): readonly string[] {
  if (epochsDone === 0) return ['Stopped before the first epoch was done: there are no weights yet.'];
  const config = join(folder, 'config.json');
  return [
    `Stopped after ${epochsDone} ${epochsDone === 1 ? 'epoch' : 'epochs'}. The best and the last weights are in ${folder}.`,
    'To train on from the last weights:',
    `  ${commandLine('train', '--config', config, '--weights', join(folder, 'last.pth'))}`,
    'To repeat the run from its start:',
    `  ${commandLine('train', '--config', config)}`,
  ];
}
