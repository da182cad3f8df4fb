// The box's local origin for films: a <video> asks it for ranges, the page answers with checked bytes or with nothing.
//
//   <video> ── GET film/{release}/{sha256}, Range ─▶ worker ── {film, start} ─▶ page (films.js) ─▶ disk, hash, recall
//
// It holds nothing and decides nothing: it may be stopped at any moment, and what it hands on was checked just now.
const ANSWER = 10_000; // ms the page may take
const FILM = /\/film\/([0-9a-f]{64})\/([0-9a-f]{64})$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const found = url.origin === self.location.origin && FILM.exec(url.pathname);
  if (found) event.respondWith(answered(event, { release: found[1], sha256: found[2] }));
});

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
