#!/usr/bin/env node
/** `node dist/train.js` is `torchwing train`: same flags, help and exit codes. */
import { runProgram } from './cli/program';

void runProgram(['train', ...process.argv.slice(2)]).then((code) => {
  process.exitCode = code;
});
