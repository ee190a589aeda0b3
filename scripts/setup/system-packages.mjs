/** Compiler, CMake and the development files of the image libraries, from Debian's or Ubuntu's packages. */
import { heading, outputOf, run, StepFailure } from './run.mjs';

const hasProgram = (name) => outputOf('sh', ['-c', `command -v ${name}`]) !== null;
const hasHeader = (header) =>
  outputOf(
    'c++',
    ['-E', '-o', '/dev/null', '-x', 'c++', '-'],
    `#include <cstdio>\n#include <${header}>\n`,
  ) !== null;

/** What is needed, the package that brings it, and how its absence is seen; `tests` only for the test programs. */
const NEEDS = [
  { name: 'g++', present: () => hasProgram('c++') },
  { name: 'cmake', present: () => hasProgram('cmake') },
  { name: 'ninja-build', present: () => hasProgram('ninja') || hasProgram('make') },
  { name: 'libjpeg-dev', present: () => hasHeader('jpeglib.h') },
  { name: 'libpng-dev', present: () => hasHeader('png.h') },
  { name: 'libtiff-dev', present: () => hasHeader('tiffio.h') },
  { name: 'libwebp-dev', present: () => hasHeader('webp/demux.h') },
  { name: 'zlib1g-dev', present: () => hasHeader('zlib.h') },
  { name: 'libgtest-dev', present: () => hasHeader('gtest/gtest.h'), tests: true },
];

/** How to become root without a question, as the words before a command; null when there is no way. */
export function rootPrefix(isRoot, sudoAnswers) {
  if (isRoot) return [];
  return sudoAnswers ? ['sudo', '-n'] : null;
}

/** The packages that are missing. */
export function missingPackages(forTests, needs = NEEDS) {
  return needs.filter((need) => (forTests || !need.tests) && !need.present()).map((need) => need.name);
}

/** Installs what is missing, printing the line first; without the rights it stops with the line to type. */
export function installSystemPackages({ forTests }) {
  const missing = missingPackages(forTests);
  if (missing.length === 0) return;
  heading(`System packages: ${missing.join(', ')}`);
  const prefix = rootPrefix(
    process.getuid?.() === 0,
    hasProgram('sudo') && outputOf('sudo', ['-n', 'true']) !== null,
  );
  const line = `apt-get install -y ${missing.join(' ')}`;
  if (process.env.TORCHWING_NO_SYSTEM === '1' || prefix === null || !hasProgram('apt-get')) {
    throw new StepFailure(`System packages are missing. Type: sudo ${line}`);
  }
  const [update, install] = [['apt-get', 'update', '-q'], line.split(' ')].map((words) => [
    ...prefix,
    ...words,
  ]);
  for (const [command, ...args] of [update, install]) {
    console.log(`    ${[command, ...args].join(' ')}`);
    run(command, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
}
