import type { DownloadProgress } from '../download/types';
import { isLiveTerminal, type ReporterChoice, wantsColor } from './choose-reporter';
import { CLEAR_LINE, drawBar } from './live-line';
import { palette } from './style';

/** A log that nobody watches live still shows that the download lives, this often, in milliseconds. */
const SIGN_OF_LIFE = 30_000;
const BAR = 20;

/** Shows downloads: what, how large, from where, where to; then how far it is. */
export interface DownloadLine {
  show(progress: DownloadProgress): void;
  close(): void;
}

/** A bar on a terminal; elsewhere a line at the start, one each half minute, and one at the end. */
export function downloadLine(out: ReporterChoice['out'], env: ReporterChoice['env']): DownloadLine {
  const live = isLiveTerminal(out, env);
  const style = palette(live && wantsColor(env));
  let stage = '';
  let shownAt = 0;
  let open = false;
  const close = (): void => {
    if (open) out.write('\n');
    open = false;
  };
  return {
    show(progress) {
      const { state, received, total, path } = progress;
      const here = `${state} ${path}`;
      const now = performance.now();
      if (here !== stage) {
        close();
        stage = here;
        shownAt = now;
        out.write(`${heading(progress)}\n`);
      }
      if (state === 'waiting') return;
      const text = howFar(progress);
      if (live) {
        const share = total === null ? 0 : received / total;
        const bar = total === null ? '' : `${drawBar(Math.min(1, share), BAR, style)} `;
        out.write(`${CLEAR_LINE}${bar}${text}`);
        open = true;
      } else if (received === total || now - shownAt >= SIGN_OF_LIFE) {
        shownAt = now;
        out.write(`  ${text}\n`);
      }
    },
    close,
  };
}

function heading({ name, state, url, path, received, total }: DownloadProgress): string {
  if (state === 'waiting') return `Waiting for another process that downloads ${name}`;
  if (state === 'unpacking') return `Unpacking ${name} into ${path}`;
  const already = received > 0 ? `, of which ${megabytes(received)} are there already` : '';
  const size = total === null ? '' : ` (${megabytes(total)})`;
  return `Downloading ${name}${size} from ${url} to ${path}${already}`;
}

function howFar({ state, received, total }: DownloadProgress): string {
  if (state === 'unpacking') return `${received} of ${total} files`;
  if (total === null) return megabytes(received);
  return `${megabytes(received)} of ${megabytes(total)}, ${Math.floor((100 * received) / total)} %`;
}

/** Megabytes of a million bytes, as file sizes are written. */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
