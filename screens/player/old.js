// What Chromium 88 (January 2021), the oldest browser a screen may have, lacks of what the player calls.
//
// The syntax of every module is that of Chromium 88, and so are all functions it calls but those filled in here, which
// must be loaded first. Younger ornaments (text-wrap, the reading of memory) are asked for where they are used.
// tests/unit/screens/player/test_old.py keeps the list.

const fill = (where, name, value) => {
  if (!(name in where)) Object.defineProperty(where, name, { value, writable: true, configurable: true });
};

fill(Object, "hasOwn", (value, name) => Object.prototype.hasOwnProperty.call(value, name));
fill(String.prototype, "isWellFormed", function isWellFormed() {
  return !/\p{Surrogate}/u.test(this);
});
fill(Array.prototype, "findLast", function findLast(test) {
  return [...this].reverse().find(test);
});

// Chromium 98 to 116: why a signal ended, and signals made of others.
if (!("reason" in AbortSignal.prototype)) {
  const { abort } = AbortController.prototype;
  AbortController.prototype.abort = function abortFor(reason = new DOMException("it was ended", "AbortError")) {
    if (!this.signal.aborted) Object.defineProperty(this.signal, "reason", { value: reason });
    abort.call(this);
  };
}
fill(AbortSignal.prototype, "throwIfAborted", function throwIfAborted() {
  if (this.aborted) throw this.reason;
});
fill(AbortSignal, "timeout", (ms) => {
  const over = new AbortController();
  setTimeout(() => over.abort(new DOMException("it took too long", "TimeoutError")), ms);
  return over.signal;
});
fill(AbortSignal, "any", (signals) => {
  const over = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) over.abort(signal.reason);
    else signal.addEventListener("abort", () => over.abort(signal.reason), { once: true, signal: over.signal });
  }
  return over.signal;
});
