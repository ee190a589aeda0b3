/** A remark about this process's LibTorch, for the `warning` event. */
export interface NativeWarning {
  code: string;
  message: string;
  hint?: string;
}

type Listener = (warning: NativeWarning) => void;

const listeners = new Set<Listener>();
/** Loading happens once, often before anyone listens; each listener hears what was said before it came. */
const history: NativeWarning[] = [];

/** @returns stops listening */
export function onNativeWarning(listener: Listener): () => void {
  for (const warning of history) listener(warning);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Said once in an environment, however often it is repeated. */
export function warnNative(warning: NativeWarning): void {
  if (history.some(({ code, message }) => code === warning.code && message === warning.message)) return;
  history.push(warning);
  for (const listener of listeners) listener(warning);
}
