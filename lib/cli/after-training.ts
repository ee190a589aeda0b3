/** What to type after a run whose folder is `folder`. */
export function afterTraining(folder: string): readonly string[] {
  return [
    `Everything is in ${folder}: best.pth, last.pth, metrics.jsonl, config.json.`,
    'Next:',
    `  torchwing predict ${folder}/best.pth PHOTO.jpg`,
    `  torchwing train --config ${folder}/config.json   # the same run again`,
  ];
}
