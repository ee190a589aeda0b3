// Every way a process that uses torchwing can end: the cells of the matrix, and what is expected of each.

/** Who trains. */
const SITUATIONS = ['one trainer', 'two trainers', 'in a worker', 'in two workers', 'after a worker'];

/** What is under way when the end is asked for. */
const STATES = [
  'idle',
  'loading LibTorch',
  'loading data',
  'first step',
  'mid-epoch',
  'between epochs',
  'in a callback',
  'writing a checkpoint',
  'in dispose',
];

/** How it ends, and the exit code that is documented for it (docs/reliability.md). */
const ENDINGS = {
  /** Nothing is left to do; in a callback, because that one never comes back. */
  natural: 0,
  'process.exit': 7,
  'uncaught error': 1,
  'unhandled rejection': 1,
  /** The host listens for it and aborts its fits, as the documentation shows. */
  SIGINT: 130,
  SIGTERM: 143,
  /** `after a worker`: the worker in that state is terminated, and then the main thread trains a whole run. */
  'terminate()': 0,
};

/** Exit code of a host that trained past the state in which it was to end: such a cell shows nothing, and fails. */
const MISSED = 99;

/** Why a cell does not exist; null for one that does. */
function voidReason({ situation, state, ending }) {
  const main = situation === 'one trainer' || situation === 'two trainers';
  if (main && ending === 'terminate()') return 'there is no worker to terminate';
  const loaded = situation === 'after a worker' && ending !== 'terminate()';
  if (loaded && state === 'loading LibTorch') return 'what the worker has loaded stays loaded';
  return null;
}

const ALL = SITUATIONS.flatMap((situation) =>
  STATES.flatMap((state) => Object.keys(ENDINGS).map((ending) => ({ situation, state, ending }))),
);

const LIVE = ALL.filter((cell) => voidReason(cell) === null);
const VOID = ALL.filter((cell) => voidReason(cell) !== null).map((cell) => ({
  ...cell,
  reason: voidReason(cell),
}));

/**
 * The ten that have the most threads at work inside LibTorch, the system's loader or a file while the process goes, and so the
 * most ways to crash, hang or leave half a file. Each with what could go wrong there.
 */
const RISKIEST = [
  ['one trainer', 'mid-epoch', 'process.exit', "LibTorch's destructors run while a step computes"],
  ['one trainer', 'first step', 'uncaught error', 'the same, while the kernels of the first step are made'],
  ['one trainer', 'loading LibTorch', 'process.exit', 'a library is mapped while the process is unmapped'],
  ['one trainer', 'writing a checkpoint', 'process.exit', 'the writer is in the midst of 90 MB'],
  [
    'one trainer',
    'in dispose',
    'unhandled rejection',
    'handles are freed on the compute thread as it is joined',
  ],
  ['two trainers', 'writing a checkpoint', 'SIGTERM', 'two runs stop, write and give back two folders'],
  ['in a worker', 'mid-epoch', 'terminate()', 'promises are settled into an environment that is torn down'],
  ['in two workers', 'loading LibTorch', 'terminate()', 'two environments map one library and are torn down'],
  ['in two workers', 'mid-epoch', 'process.exit', 'two compute threads and two loaders of images'],
  ['after a worker', 'writing a checkpoint', 'terminate()', 'the writer outlives its environment by a file'],
].map(([situation, state, ending, risk]) => ({ situation, state, ending, risk }));

const nameOf = ({ situation, state, ending }) => `${situation}, ${state}, ${ending}`;

module.exports = { SITUATIONS, STATES, ENDINGS, MISSED, LIVE, VOID, RISKIEST, nameOf };
