import { join } from 'node:path';
import { commandLine } from './command-line';

/** What to type after a run whose folder is `folder`; `keepBest`: whether its best weights are there. */
export function afterTraining(folder: string, keepBest = true): readonly string[] {
  return [
    `${keepBest ? 'best.pth, ' : ''}last.pth, metrics.jsonl and config.json are in ${folder}.`,
    'Next, tell the class of a photo:',
    `  ${commandLine('predict', join(folder, keepBest ? 'best.pth' : 'last.pth'), 'PHOTO.jpg')}`,
    'The same run again:',
    `  ${commandLine('train', '--config', join(folder, 'config.json'))}`,
  ];
}

/** What to type after a run that was stopped; `checkpoint` is the path of its newest, null without one. */
export function afterInterruption(folder: string, checkpoint: string | null): readonly string[] {
  if (checkpoint === null) return ['Stopped. There is no checkpoint to go on from.'];
  return [
    `Stopped. All that the run needs to go on is in ${checkpoint}.`,
    'To go on at the very step:',
    `  ${commandLine('train', '--resume', 'auto', '--output', folder)}`,
    'To repeat the run from its start:',
    `  ${commandLine('train', '--config', join(folder, 'config.json'))}`,
  ];
}
