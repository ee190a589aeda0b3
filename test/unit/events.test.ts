import { EventDelivery } from '../../lib/trainer/event-delivery';
import type { TrainerEvent } from '../../lib/trainer/events';
import { Handoff } from '../../lib/trainer/handoff';
import { serializeEvent } from '../../lib/trainer/serialize-event';
import { StopControl } from '../../lib/trainer/stop-control';
import { rejection } from './temporary-folder';

const end = { type: 'end', stopped: 'completed', best: null, seconds: 1 } as const;
const progress = (step: number) =>
  ({
    type: 'progress',
    phase: 'train',
    epoch: 0,
    epochs: 1,
    step,
    steps: 9,
    images: step,
    loss: 1,
    accuracy: 0,
    imagesPerSecond: 1,
    secondsLeft: 1,
  }) as const;

/** A promise with its ends outside. */
function gate(): { open: () => void; passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('an event is one line of JSON; numbers that are not finite are strings', () => {
  const event = {
    v: 1,
    runId: 'r',
    time: 't',
    ...end,
    seconds: Number.NaN,
    best: { epoch: 1, accuracy: 1, loss: Number.NEGATIVE_INFINITY },
  };
  const line = serializeEvent(event as TrainerEvent);
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toEqual({
    ...event,
    seconds: 'NaN',
    best: { epoch: 1, accuracy: 1, loss: '-Infinity' },
  });
});

describe('delivery', () => {
  test('stamps version, run and time, logs first, then onEvent, then the callback of the kind', async () => {
    const order: string[] = [];
    const delivery = new EventDelivery(
      'run-1',
      {
        onEvent: (event) =>
          void order.push(`event ${event.v} ${event.runId} ${Number.isNaN(Date.parse(event.time))}`),
        onEnd: () => void order.push('end'),
      },
      new StopControl(),
    );
    delivery.logTo(async (event) => void order.push(`log ${event.type}`));
    await delivery.emit(end);
    expect(order).toEqual(['log end', 'event 1 run-1 false', 'end']);
  });

  test('progress that comes while a callback is busy is replaced by the latest, which comes before the next event', async () => {
    const steps: (number | string)[] = [];
    const slow = gate();
    const delivery = new EventDelivery(
      'r',
      {
        onProgress: async ({ step }) => {
          steps.push(step);
          if (step === 1) await slow.passed;
        },
        onEnd: () => void steps.push('end'),
      },
      new StopControl(),
    );
    delivery.offerProgress(progress(1));
    await settle();
    for (const step of [2, 3, 4]) delivery.offerProgress(progress(step));
    const ended = delivery.emit(end);
    await settle();
    expect(steps).toEqual([1]);
    slow.open();
    await ended;
    expect(steps).toEqual([1, 4, 'end']);
  });

  test('progress is not logged', async () => {
    const logged: string[] = [];
    const delivery = new EventDelivery('r', {}, new StopControl());
    delivery.logTo(async ({ type }) => void logged.push(type));
    delivery.offerProgress(progress(1));
    await delivery.emit(end);
    expect(logged).toEqual(['end']);
  });

  test('what a progress callback throws stops the run with that very value', async () => {
    const control = new StopControl();
    const thrown = new Error('mine');
    const delivery = new EventDelivery('r', { onProgress: () => Promise.reject(thrown) }, control);
    delivery.offerProgress(progress(1));
    await settle();
    expect(control.reason).toBe(thrown);
    expect(control.aborted).toBe(false);
    expect(await rejection(delivery.emit(end))).toBe(thrown);
  });

  test('an abort does not wait for a callback that never comes back', async () => {
    const abort = new AbortController();
    const control = new StopControl(abort.signal);
    const delivery = new EventDelivery('r', { onEnd: () => new Promise(() => {}) }, control);
    const emitted = delivery.emit(end);
    await settle();
    abort.abort('enough');
    expect(await rejection(emitted)).toBe('enough');
  });
});

describe('the last event of a stopped run', () => {
  afterEach(() => jest.useRealTimers());

  test('is logged, and its callbacks are waited for', async () => {
    const order: string[] = [];
    const delivery = new EventDelivery(
      'r',
      {
        onEnd: async () => {
          await settle();
          order.push('callback');
        },
      },
      new StopControl(AbortSignal.abort()),
    );
    delivery.logTo(async ({ type }) => void order.push(`log ${type}`));
    await delivery.emitStopped(end);
    expect(order).toEqual(['log end', 'callback']);
  });

  test('goes past a callback that never comes back, and waits for none then', async () => {
    const types: string[] = [];
    const delivery = new EventDelivery(
      'r',
      {
        onEvent: ({ type }) => {
          types.push(type);
          return new Promise(() => {});
        },
      },
      new StopControl(),
    );
    delivery.offerProgress(progress(1));
    await settle();
    await delivery.emitStopped(end);
    expect(types).toEqual(['progress', 'end']);
  });

  test('does not wait for its own callbacks for ever', async () => {
    jest.useFakeTimers();
    const delivery = new EventDelivery('r', { onEnd: () => new Promise(() => {}) }, new StopControl());
    let done = false;
    const told = delivery.emitStopped(end).then(() => {
      done = true;
    });
    await jest.advanceTimersByTimeAsync(29_999);
    expect(done).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await told;
  });

  test('a callback that throws says so', async () => {
    const thrown = new Error('mine');
    const delivery = new EventDelivery('r', { onEnd: () => Promise.reject(thrown) }, new StopControl());
    expect(await rejection(delivery.emitStopped(end))).toBe(thrown);
  });
});

describe('handoff', () => {
  test('holds the giver until the receiver comes back', async () => {
    const handoff = new Handoff<number>();
    let done = false;
    void handoff.give(1).then(() => {
      done = true;
    });
    expect(await handoff.take()).toEqual({ value: 1 });
    await settle();
    expect(done).toBe(false);
    const next = handoff.take();
    await settle();
    expect(done).toBe(true);
    handoff.close();
    expect(await next).toBeNull();
  });

  test('a receiver that leaves lets every giver go', async () => {
    const handoff = new Handoff<number>();
    const given = [handoff.give(1), handoff.give(2)];
    await handoff.take();
    handoff.abandon();
    await Promise.all([...given, handoff.give(3)]);
    expect(await handoff.take()).toBeNull();
  });
});

test('a stop control takes its listener off the signal', async () => {
  const abort = new AbortController();
  const removed = jest.spyOn(abort.signal, 'removeEventListener');
  const control = new StopControl(abort.signal);
  control.release();
  abort.abort();
  expect(removed).toHaveBeenCalledTimes(1);
  expect(control.stopped).toBe(false);
});
