/** Reads what test runners report into `{ passed, failed, skipped, skippedNames }`. */

/** Adds up counts; of an empty list, zeros. */
export function sumCounts(counts) {
  const total = { passed: 0, failed: 0, skipped: 0, skippedNames: [] };
  for (const count of counts) {
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    total.skippedNames.push(...count.skippedNames);
  }
  return total;
}

/** Jest's --json. A file that could not be loaded counts as one failure. */
export function readJest(report) {
  const skippedNames = report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === 'pending' || test.status === 'todo')
      .map((test) => test.fullName),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: skippedNames.length,
    skippedNames,
  };
}

/** GoogleTest's --gtest_output=json. */
export function readGoogleTest(report) {
  const counts = sumCounts([]);
  for (const suite of report.testsuites) {
    for (const test of suite.testsuite) {
      if (test.result === 'SKIPPED' || test.status === 'NOTRUN') {
        counts.skipped += 1;
        counts.skippedNames.push(`${suite.name}.${test.name}`);
      } else if (test.failures) {
        counts.failed += 1;
      } else {
        counts.passed += 1;
      }
    }
  }
  return counts;
}

/** Skipped tests that no line of `allowed` names; lines that begin with # are comments. */
export function unexpectedSkips(names, allowed) {
  const lines = allowed.split('\n').map((line) => line.trim());
  const known = new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
  return names.filter((name) => !known.has(name));
}
