/** Holds lib/ and native/core/ against the dependency rule. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { breachesOfNativeCore, breachesOfTypeScript } from './dependency-rule.mjs';

function breachesBelow(root, pattern, breachesOf) {
  return readdirSync(root, { recursive: true })
    .filter((name) => pattern.test(name))
    .sort()
    .flatMap((file) =>
      breachesOf(file, readFileSync(path.join(root, file), 'utf8')).map(
        (breach) => `${path.join(root, file)}: ${breach}`,
      ),
    );
}

const breaches = [
  ...breachesBelow('lib', /\.ts$/, breachesOfTypeScript),
  ...breachesBelow('native/core', /\.(h|cc)$/, breachesOfNativeCore),
];
for (const breach of breaches) console.error(breach);
console.log(
  breaches.length === 0
    ? 'The dependency rule holds.'
    : `${breaches.length} breaches of the dependency rule.`,
);
process.exitCode = breaches.length === 0 ? 0 : 1;
