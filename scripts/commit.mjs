import { execFileSync } from 'node:child_process';

/**
 * The commit that a report is about, with `, changed` where one of `paths` is not as it is there.
 * @param paths from the repository's root
 */
export function describeCommit(...paths) {
  const git = (...args) =>
    execFileSync('git', args, { cwd: `${import.meta.dirname}/..`, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', ...paths) !== '';
  return `${git('rev-parse', 'HEAD')}${changed ? ', changed' : ''}`;
}
