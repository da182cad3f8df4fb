// The box's local origin without the box's server: a film's ranges, and the player's own files when nobody serves them.
//
//   <video> ── GET film/{release}/{sha256}, Range ─▶ worker ── {film, start} ─▶ page (films.js) ─▶ disk, hash, recall
//
// Of films it holds nothing and decides nothing: it may be stopped at any moment, and what it hands on was checked just
// now. Of the player it keeps one whole set, by the hashes the box's server gave with it, and uses it only when that
// server does not answer: what is installed on the box always comes first.
const ANSWER = 10_000; // ms the page may take
const FILM = /\/film\/([0-9a-f]{64})\/([0-9a-f]{64})$/;
const SHELL = "shell-"; // and the digest of its list
const LIST = "shell.json";

const alone = new Set(); // pages that were started from the kept set, and get the rest of it too

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.data === "keep" && event.waitUntil(keep().catch(() => {})));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin || event.request.method !== "GET") return;
  const found = FILM.exec(url.pathname);
  if (found) event.respondWith(answered(event, { release: found[1], sha256: found[2] }));
  else event.respondWith(served(event));
});

/** From the box's server, or from the kept set while it is gone. */
async function served({ request, clientId, resultingClientId }) {
  const isPage = request.mode === "navigate";
  if (!isPage && alone.has(clientId)) return (await kept(request)) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const found = await kept(request);
    if (!found) throw error;
    if (isPage) alone.add(resultingClientId);
    return found;
  }
}

async function kept(request) {
  for (const name of (await caches.keys()).filter((one) => one.startsWith(SHELL))) {
    const cache = await caches.open(name);
    if (await cache.match(LIST)) return cache.match(request, { ignoreSearch: true });
  }
  return undefined;
}

/** Keeps the set that is installed now, whole or not at all. */
async function keep() {
  const list = await fetch(LIST, { cache: "no-store" });
  const { version, files } = await list.clone().json();
  const name = SHELL + version;
  const cache = await caches.open(name);
  if (!(await cache.match(LIST))) {
    for (const [path, sha256] of Object.entries(files)) {
      const answer = await fetch(path, { cache: "no-store" });
      if (!answer.ok || (await digest(answer.clone())) !== sha256) throw new Error(path);
      await cache.put(path, answer);
    }
    await cache.put(LIST, list);
  }
  const old = (await caches.keys()).filter((one) => one.startsWith(SHELL) && one !== name);
  await Promise.all(old.map((one) => caches.delete(one)));
}

async function digest(answer) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await answer.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A part as long as the page cares to give: a player of films asks for the rest by itself. */
async function answered({ clientId, request }, film) {
  const client = await self.clients.get(clientId);
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.get("Range") ?? "")?.[1] ?? 0);
  const told = client && (await asked(client, { film, start }));
  if (!told) return new Response(null, { status: 404 });
  const { bytes, size, type } = told;
  const headers = {
    "Content-Type": type,
    "Content-Length": String(bytes.byteLength),
    "Content-Range": `bytes ${start}-${start + bytes.byteLength - 1}/${size}`,
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-store",
  };
  return new Response(bytes, { status: 206, headers });
}

/** What the page says, or null when it says nothing in time. */
function asked(client, question) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ANSWER);
    port1.onmessage = ({ data }) => {
      clearTimeout(timer);
      port1.close();
      resolve(data);
    };
    client.postMessage(question, [port2]);
  });
}
