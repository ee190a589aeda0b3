import { sizeText } from '../native/size-text';
import type {
  EndEvent,
  EpochEndEvent,
  PhaseEndEvent,
  ProgressEvent,
  StartEvent,
  WarningEvent,
} from '../trainer/events';

/*
 * The sentences of a run, in the tutorial's words. Shared by the terminal's and the plain report, so that both say the
 * same.
 */

export function startLines(event: StartEvent): string[] {
  const { versions, device, threads, workers, classes, counts } = event;
  return [
    `torchwing ${versions.torchwing}, LibTorch ${versions.libtorch}, ${device} (${versions.cpuCapability}), ${count(threads, 'thread')}, ${count(workers, 'worker')}`,
    `${count(classes.length, 'class', 'classes')}: ${shortList(classes)}; ${counts.train} training and ${counts.val} validation images`,
    ...resumedLine(event),
    '',
  ];
}

function resumedLine({ resumed }: StartEvent): string[] {
  if (resumed === undefined) return [];
  const { from, epoch, phase, step } = resumed;
  return [`Going on from ${from}: epoch ${epoch}, ${phase}, after ${count(step, 'step')}`];
}

export function epochHeading(event: { epoch: number; epochs: number }): string[] {
  return [`Epoch ${event.epoch}/${event.epochs - 1}`, '-'.repeat(10)];
}

/** The tutorial's `train Loss: 0.6332 Acc: 0.6598`, and then what it does not tell. */
export function phaseLine(event: PhaseEndEvent): { tutorial: string; more: string } {
  const { device } = event.memory;
  const memory = device === null ? '' : `, at most ${sizeText(device.maxAllocated)} on the device`;
  const skipped = event.skipped > 0 ? `, ${count(event.skipped, 'image')} skipped` : '';
  return {
    tutorial: `${event.phase} Loss: ${event.loss.toFixed(4)} Acc: ${event.accuracy.toFixed(4)}`,
    more: `${speed(event.imagesPerSecond)}, ${event.seconds.toFixed(1)} s${memory}${skipped}`,
  };
}

export function newBest(event: EpochEndEvent): string | null {
  return event.improved ? `new best: ${(100 * event.best.accuracy).toFixed(2)} %` : null;
}

export function progressText(event: ProgressEvent): string {
  return `${event.phase} ${event.step}/${event.steps} loss ${event.loss.toFixed(4)} acc ${event.accuracy.toFixed(4)} ${speed(event.imagesPerSecond)}`;
}

export function endLines(event: EndEvent): string[] {
  const minutes = Math.floor(event.seconds / 60);
  const time = `${minutes}m ${Math.floor(event.seconds % 60)}s`;
  const best =
    event.best === null
      ? 'No epoch was better than the start.'
      : `Best val Acc: ${event.best.accuracy.toFixed(6)} (epoch ${event.best.epoch})`;
  return [
    event.stopped === 'completed' ? `Training complete in ${time}` : `Training stopped after ${time}`,
    best,
  ];
}

export function warningLines(event: Pick<WarningEvent, 'code' | 'message' | 'hint'>): string[] {
  const hint = event.hint === undefined ? [] : [`hint: ${event.hint}`];
  return [`warning [${event.code}] ${event.message}`, ...hint];
}

export function speed(imagesPerSecond: number): string {
  return `${imagesPerSecond.toFixed(imagesPerSecond < 99.95 ? 1 : 0)} img/s`;
}

/** Minutes and seconds, or hours when there are any: `0:09`, `12:30`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Names in order; of a long list the first few. */
function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown}, …` : shown;
}
