// The page's worker: it answers a film's ranges, and keeps the player itself for a start while the box serves nothing.

const START = 5_000; // ms the worker has to take over the page

/** The page's policy takes script addresses from this one name only. */
function trusted(url) {
  const policy = self.trustedTypes?.createPolicy("yunping-worker", { createScriptURL: (given) => given });
  return policy ? policy.createScriptURL(url) : url;
}

/** Whether the worker took over in time; an old browser or a full disk has none, and pictures go on. */
export async function control() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return false;
  const isTaken = await new Promise((resolve) => {
    if (serviceWorker.controller) resolve(true);
    serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
    serviceWorker.register(trusted("worker.js"), { updateViaCache: "none" }).catch(() => resolve(Boolean(serviceWorker.controller)));
    setTimeout(() => resolve(Boolean(serviceWorker.controller)), START);
  });
  serviceWorker.controller?.postMessage("keep");
  return isTaken;
}
