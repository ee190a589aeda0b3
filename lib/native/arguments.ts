import { TorchwingError } from './errors';

/** Longest text of a received value in a message. */
const SHOWN = 60;

/** The refusal of a value, in the grammar of all messages. */
export function invalidArgument(name: string, received: unknown, expected: string): TorchwingError {
  return new TorchwingError(
    'INVALID_ARGUMENT',
    `Invalid value for "${name}": received ${described(received)}, expected ${expected}.`,
  );
}

/** An object of options. @throws TorchwingError INVALID_ARGUMENT for anything else */
export function objectOf<Options extends object>(value: Options, name = 'options'): Options {
  if (typeof value === 'object' && value !== null) return value;
  throw invalidArgument(name, value, 'an object');
}

/**
 * The native object of an argument that must be a handle; of which class, the addon looks.
 * @throws TorchwingError INVALID_ARGUMENT, or DISPOSED
 */
export function nativeOf<Native extends object>(
  value: { readonly native: Native },
  name: string,
  expected: string,
): Native {
  // The cast: JavaScript can hand over anything.
  const native = (value as { native?: Native } | null | undefined)?.native;
  if (typeof native === 'object' && native !== null) return native;
  throw invalidArgument(name, value, expected);
}

type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Makes every method and accessor of a class refuse a `this` that is none of its objects, in place of whatever JavaScript says where
 * that is first noticed.
 * @param guarded `holds` tells whether an object has the class's private fields
 */
export function guardReceivers(guarded: {
  readonly prototype: object;
  readonly name: string;
  holds(value: object): boolean;
}): void {
  const { prototype, name } = guarded;
  const check = (receiver: unknown): void => {
    const known = typeof receiver === 'object' && receiver !== null && guarded.holds(receiver);
    if (!known || !Object.prototype.isPrototypeOf.call(prototype, receiver))
      throw invalidArgument('this', receiver, `a ${name}`);
  };
  const wrap = <Wrapped extends Method>(method: Wrapped): Wrapped => {
    const wrapper = function (this: unknown, ...given: unknown[]): unknown {
      check(this);
      return Reflect.apply(method, this, given);
    };
    const { name: label, length } = method;
    return Object.defineProperties(wrapper, {
      name: { value: label, configurable: true },
      length: { value: length, configurable: true },
    }) as Wrapped;
  };
  for (const key of Reflect.ownKeys(prototype)) {
    const property = Object.getOwnPropertyDescriptor(prototype, key);
    if (property === undefined || key === 'constructor') continue;
    if (typeof property.value === 'function') property.value = wrap(property.value as Method);
    if (property.get !== undefined) property.get = wrap(property.get as Method) as () => unknown;
    if (property.set !== undefined) property.set = wrap(property.set as Method) as (value: unknown) => void;
    Object.defineProperty(prototype, key, property);
  }
}

function described(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'object' && value !== null) return 'an object';
  return (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, SHOWN);
}
