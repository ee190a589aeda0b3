/** Fields of a run's events that a clock, the stages' costs or the machine's memory decide: no run repeats them. */
const CLOCKED = ['time', 'seconds', 'imagesPerSecond', 'costs', 'cache', 'memory'];

module.exports = { CLOCKED };
