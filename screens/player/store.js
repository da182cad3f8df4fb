// What survives a power cut: trust state, device key, clock and files by hash, in IndexedDB with strict durability.

const NAME = "yunping-screen";
const STORES = ["state", "files"];

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
  return asked(request);
}

export class Store {
  #db;

  static async open() {
    const store = new Store();
    store.#db = await opened();
    await navigator.storage?.persist?.();
    return store;
  }

  read(key) {
    return this.#get("state", key);
  }

  /** Writes all of `values` or none; resolved only when they are on disk. */
  async write(values) {
    await this.#change("state", (store) => {
      for (const [key, value] of Object.entries(values)) store.put(value, key);
    });
  }

  /** The bytes stored under a sha256, or undefined; whoever draws them checks the hash again. */
  async file(sha256) {
    return this.#get("files", sha256);
  }

  async keep(sha256, blob) {
    await this.#change("files", (store) => store.put(blob, sha256));
  }

  /** Whether the browser would take so many bytes more; one that does not say is believed. */
  async hasRoomFor(size) {
    const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
    return !(quota > 0) || usage + size < quota;
  }

  async drop(sha256s) {
    await this.#change("files", (store) => sha256s.forEach((sha256) => store.delete(sha256)));
  }

  async names() {
    return asked(this.#db.transaction("files").objectStore("files").getAllKeys());
  }

  #get(name, key) {
    return asked(this.#db.transaction(name).objectStore(name).get(key));
  }

  #change(name, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.#db.transaction(name, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(name));
    });
  }
}
