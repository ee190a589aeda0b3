export interface Sample {
  features: Float64Array;
  /** 0 or 1. */
  label: number;
}

/**
 * Accuracy on `val` of a logistic regression fitted to `train`: standardised features, quadratic penalty, full-batch
 * gradient descent with momentum to convergence.
 */
export function logisticRegressionAccuracy(
  train: readonly Sample[],
  val: readonly Sample[],
  penalty: number,
): number {
  const standardise = standardiser(train);
  const inputs = train.map(({ features }) => standardise(features));
  const width = inputs[0]!.length;
  const weights = new Float64Array(width + 1);
  const speed = new Float64Array(width + 1);
  for (let step = 0; step < 150; step++) {
    const gradient = new Float64Array(width + 1);
    for (const [at, input] of inputs.entries()) {
      const error = (1 / (1 + Math.exp(-score(weights, input))) - train[at]!.label) / inputs.length;
      for (let feature = 0; feature < width; feature++) gradient[feature]! += error * input[feature]!;
      gradient[width]! += error;
    }
    for (let at = 0; at <= width; at++) {
      const slope = gradient[at]! + (at < width ? penalty * weights[at]! : 0);
      speed[at] = 0.9 * speed[at]! - 0.1 * slope;
      weights[at]! += speed[at]!;
    }
  }
  const right = val.filter(
    ({ features, label }) => score(weights, standardise(features)) > 0 === (label === 1),
  );
  return right.length / val.length;
}

function score(weights: Float64Array, input: Float64Array): number {
  let sum = weights[input.length]!;
  for (let at = 0; at < input.length; at++) sum += weights[at]! * input[at]!;
  return sum;
}

function standardiser(samples: readonly Sample[]): (features: Float64Array) => Float64Array {
  const width = samples[0]!.features.length;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (const { features } of samples)
    for (let at = 0; at < width; at++) mean[at]! += features[at]! / samples.length;
  for (const { features } of samples) {
    for (let at = 0; at < width; at++) deviation[at]! += (features[at]! - mean[at]!) ** 2 / samples.length;
  }
  return (features) => features.map((value, at) => (value - mean[at]!) / Math.sqrt(deviation[at]! + 1e-12));
}
