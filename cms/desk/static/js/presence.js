// Who else has this piece open: a heartbeat while the page is looked at, names in the bar, a word when somebody saved.
import { send } from "./http.js";

const EVERY = 15_000;

export class Presence {
  constructor(form, autosave) {
    Object.assign(this, { form, autosave });
    this.box = form.querySelector(".presence");
    this.timer = 0;
  }

  start() {
    this.beat();
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.timer);
      if (!document.hidden) this.beat();
    });
    window.addEventListener("pagehide", () => this.leave());
  }

  async beat() {
    clearTimeout(this.timer);
    try {
      this.show(await send(this.form.dataset.presence, {}));
    } catch {
      // Whoever is away is not seen; the next beat says so again.
    }
    if (!document.hidden) this.timer = setTimeout(() => this.beat(), EVERY);
  }

  leave() {
    send(this.form.dataset.presence, { leaving: "1" }, { keepalive: true }).catch(() => {});
  }

  show({ here = [], revision, by }) {
    const wanted = here.join("、");
    if (this.box.dataset.names !== wanted) {
      this.box.dataset.names = wanted;
      this.box.replaceChildren(...here.slice(0, 5).map(avatar), said(this.form.dataset.hereText, here));
    }
    if (!revision || revision === this.form.elements.revision.value || this.autosave.paused || this.autosave.running) return;
    // Somebody saved. Whoever has typed chooses now, before more is typed; whoever has not is asked to load it.
    if (by) this.autosave.pause();
  }
}

function avatar(name) {
  const made = document.createElement("span");
  made.className = "avatar avatar-small";
  made.title = name;
  made.setAttribute("aria-hidden", "true");
  made.textContent = [...name][0] ?? "";
  return made;
}

function said(text, here) {
  const made = document.createElement("span");
  made.className = "presence-names";
  made.textContent = here.length ? text.replace("{names}", here.join("、")) : "";
  return made;
}
