/**
 * Whether native/core, native/binding and native/cuda compile against the headers of other LibTorch minors than the
 * pinned one. Each wheel is fetched once with pip (half a gigabyte, of which 40 MB are kept); nothing is linked. Ends
 * with a table in Markdown.
 *
 *   npm run check:libtorch-versions -- [--versions 2.11,2.12,2.14] [--only TEXT] [--jobs N]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { compileAll } from './libtorch-versions/compile.mjs';
import { headersOf } from './libtorch-versions/headers.mjs';
import { cudaIncludes, flagsFor, needsCudaHeaders, sources } from './libtorch-versions/sources.mjs';
import { versionTable } from './libtorch-versions/table.mjs';
import { heading, reportFailure, StepFailure } from './setup/run.mjs';

async function checkVersion(minor, files, cuda, jobs) {
  heading(`LibTorch ${minor}`);
  const { version, include } = headersOf(minor);
  const begin = performance.now();
  const results = await compileAll(files, flagsFor(include, cuda), jobs, ({ file, passed, output }, done) => {
    if (!passed) console.log(`${file} does not compile:\n${output}`);
    else if (output.trim() !== '') console.log(`${file}:\n${output}`);
    if (done % 25 === 0) console.log(`    ${done} of ${files.length} files`);
  });
  const failed = results.filter(({ passed }) => !passed).map(({ file }) => file);
  const warned = results.filter(({ passed, output }) => passed && output.trim() !== '').length;
  return { version, files: files.length, failed, warned, seconds: (performance.now() - begin) / 1000 };
}

async function check({ versions, only, jobs }) {
  const cuda = cudaIncludes();
  if (cuda.length === 0)
    throw new StepFailure(
      'CUDA headers are missing beside LibTorch. Type: pip install -r scripts/requirements.txt',
    );
  const files = sources().filter((file) => only === undefined || file.includes(only));
  if (files.length === 0) throw new StepFailure(`No source's path holds "${only}".`, 2);
  const rows = [];
  for (const minor of versions.split(',')) rows.push(await checkVersion(minor, files, cuda, Number(jobs)));
  console.log(`\n${versionTable(rows, files.filter(needsCudaHeaders).length)}`);
  if (rows.some(({ failed }) => failed.length > 0)) process.exitCode = 1;
}

try {
  const { values } = parseArgs({
    options: {
      versions: { type: 'string', default: '2.11,2.12,2.14' },
      only: { type: 'string' },
      jobs: { type: 'string', default: `${availableParallelism()}` },
    },
  });
  await check(values);
} catch (error) {
  reportFailure(error);
}
