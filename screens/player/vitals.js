// What only the box knows of itself: room on its disk and how warm it is. A box that does not tell says nothing.
import { pause, spread } from "./waiting.js";

const EVERY = 120_000; // ms; neither changes in a moment
const MB = 2 ** 20;

/** {storage, free, temperature}, each only where it is known; the box's own word before the browser's guess. */
export async function vitals() {
  const told = await fetch("vitals").then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({}));
  if (Number.isInteger(told.free)) return kept(told);
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  if (!(quota > 0)) return kept(told);
  return kept({ ...told, storage: Math.round(quota / MB), free: Math.round((quota - usage) / MB) });
}

/** Tells them every two minutes until `signal` ends. */
export async function telling(send, signal) {
  for (;;) {
    await pause(spread(EVERY), signal);
    send({ t: "vitals", at: Date.now(), ...(await vitals()) });
  }
}

const kept = (told) =>
  Object.fromEntries(["storage", "free", "temperature"].filter((name) => Number.isInteger(told[name])).map((name) => [name, told[name]]));
