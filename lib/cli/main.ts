#!/usr/bin/env node
import { runProgram } from './program';

// exitCode instead of exit(): what is still on its way to a pipe gets there.
void runProgram(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
