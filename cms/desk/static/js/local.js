// What a person typed, kept in this browser until the server has it: IndexedDB, because a piece may be megabytes.

const NAME = "yunping";
const STORE = "drafts";
// Text of a piece nobody came back to in a month is no help any more, and others use this computer too.
const KEPT_MS = 30 * 24 * 3600 * 1000;

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** One piece's copy. A browser that refuses storage (a private window, a full disk) only loses this net. */
export class LocalCopy {
  constructor(key) {
    this.key = key;
    this.last = Promise.resolve();
  }

  /** In the order of the calls: a removal never overtakes the write before it. */
  #then(act) {
    this.last = this.last.then(act).catch(() => null);
    return this.last;
  }

  put(value) { return this.#then(() => run("readwrite", (store) => store.put({ at: Date.now(), ...value }, this.key))); }

  remove() { return this.#then(() => run("readwrite", (store) => store.delete(this.key))); }

  get() {
    return this.#then(async () => {
      const found = await run("readonly", (store) => store.get(this.key));
      return found && Date.now() - found.at < KEPT_MS && Array.isArray(found.texts) ? found : null;
    });
  }
}
