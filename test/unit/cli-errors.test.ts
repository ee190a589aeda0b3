import { errorText, exitCodeOf } from '../../lib/cli/report-error';
import { ERROR_EXIT_CODES, type ErrorCode, TorchwingError } from '../../lib/native/errors';

describe('errors on stderr', () => {
  const error = new TorchwingError('WEIGHTS_FORMAT', 'The file is cut short.', {
    hint: 'Download it again.',
    cause: new Error('inner'),
  });

  test('are one line and the cure', () => {
    expect(errorText(error, false)).toBe(
      'error [WEIGHTS_FORMAT] The file is cut short.\nhint: Download it again.\n',
    );
  });

  test('show stack and cause with --verbose', () => {
    const text = errorText(error, true);
    expect(text).toContain('cli-errors.test.ts');
    expect(text).toContain('Error: inner');
  });

  test('are named even when nobody foresaw them', () => {
    expect(errorText(new RangeError('odd'), false)).toMatch(/^error \[INTERNAL\] odd\nhint: /);
    expect(errorText('text', false)).toMatch(/^error \[INTERNAL\] text\n/);
    expect(exitCodeOf(new RangeError('odd'))).toBe(1);
  });

  test.each(Object.keys(ERROR_EXIT_CODES) as ErrorCode[])('%s exits with its code, 1 to 4', (code) => {
    const exit = exitCodeOf(new TorchwingError(code, 'x'));
    expect(exit).toBe(ERROR_EXIT_CODES[code]);
    expect([1, 2, 3, 4]).toContain(exit);
  });
});
