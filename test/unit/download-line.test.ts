import type { DownloadProgress } from '../../lib/download/types';
import { downloadLine } from '../../lib/report/download-line';

const progress = (changes: Partial<DownloadProgress>): DownloadProgress => ({
  name: 'the weights W',
  state: 'downloading',
  url: 'http://127.0.0.1/w.pth',
  path: '/cache/w.pth',
  received: 0,
  total: 46_830_571,
  ...changes,
});

/** What is written for these calls. */
function shown(isTTY: boolean, calls: Partial<DownloadProgress>[], env: Record<string, string> = {}): string {
  let text = '';
  const write = (piece: string) => {
    text += piece;
  };
  const out = { isTTY, write, on: () => {}, off: () => {} };
  const line = downloadLine(out, env);
  for (const call of calls) line.show(progress(call));
  line.close();
  return text;
}

const calls = [{}, { received: 20_000_000 }, { received: 46_830_571 }];

test('into a file: what, how large, from where, where to; then the end, without control codes', () => {
  expect(shown(false, calls)).toBe(
    [
      'Downloading the weights W (46.8 MB) from http://127.0.0.1/w.pth to /cache/w.pth',
      '  46.8 MB of 46.8 MB, 100 %',
      '',
    ].join('\n'),
  );
});

test('on a terminal: a bar that moves, and a line of its own for what comes next', () => {
  const text = shown(true, calls, { NO_COLOR: '1' });
  const states = text.split('\r\u001b[2K');
  expect(states[0]).toBe('Downloading the weights W (46.8 MB) from http://127.0.0.1/w.pth to /cache/w.pth\n');
  expect(states[2]).toBe(`${'━'.repeat(9)}${'─'.repeat(11)} 20.0 MB of 46.8 MB, 42 %`);
  expect(states[3]).toBe(`${'━'.repeat(20)} 46.8 MB of 46.8 MB, 100 %\n`);
});

test('what was there already, waiting, unpacking and an unknown size are said', () => {
  expect(shown(false, [{ received: 1_000_000 }])).toContain('of which 1.0 MB are there already');
  expect(shown(false, [{ state: 'waiting', total: null }])).toBe(
    'Waiting for another process that downloads the weights W\n',
  );
  expect(shown(false, [{ state: 'unpacking', received: 398, total: 398 }])).toBe(
    'Unpacking the weights W into /cache/w.pth\n  398 of 398 files\n',
  );
  expect(shown(true, [{ total: null, received: 5_000_000 }])).toContain('5.0 MB');
});
