// Pauses that can be ended, and the jitter that keeps eight hundred screens from asking in the same second.

/** Resolves after `ms`, or rejects at once when `signal` ends. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Between half of `ms` and `ms`, evenly. */
export const spread = (ms) => ms * (0.5 + Math.random() / 2);

/** Runs tasks one after the other; an error of one does not stop the next. */
export class Line {
  #last = Promise.resolve();

  run(task) {
    const done = this.#last.then(task);
    this.#last = done.catch(() => {});
    return done;
  }
}
