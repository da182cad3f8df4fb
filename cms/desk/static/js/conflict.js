// Two wrote at one piece: the difference is shown inline, and nothing is saved until the person has chosen.
import { csrfToken } from "./http.js";

export class Conflict {
  constructor(form, autosave) {
    Object.assign(this, { form, autosave });
    this.box = form.querySelector("[data-conflict]");
    this.box?.addEventListener("click", (event) => {
      const keep = event.target.closest("[data-keep-mine]");
      if (keep) this.keepMine(keep.dataset.keepMine);
      const give = event.target.closest("[data-give-up]");
      if (give) this.giveUp(give, event);
    });
  }

  get isShown() { return (this.box?.childElementCount ?? 0) > 0; }

  /** Asks the server for the difference between what stands here and what was saved. */
  async show() {
    const body = new FormData(this.form);
    try {
      const answer = await fetch(this.form.dataset.conflictUrl, {
        method: "POST", body, headers: { "X-CSRF-Token": csrfToken(), "HX-Request": "true" },
      });
      const html = await answer.text();
      if (!answer.ok) throw new Error(String(answer.status));
      window.htmx.swap(this.box, html, { swapStyle: "innerHTML" });
      this.box.querySelector(".conflict")?.focus();
      this.box.scrollIntoView({ block: "start" });
    } catch {
      // The network or the server went away between two requests: the next try to save asks again.
      this.autosave.paused = false;
      this.autosave.failed();
    }
  }

  /** Mine becomes a new revision on top of theirs: theirs stays in the history, nobody's text is lost. */
  keepMine(theirs) {
    this.form.elements.revision.value = theirs;
    if (this.form.elements.version) this.form.elements.version.value = "0";
    this.form.requestSubmit();
  }

  /** Theirs is loaded; mine stays in this browser and is offered on the next page. */
  giveUp(button, event) {
    event.preventDefault();
    const leave = this.autosave.forget("given-up");
    const { reload } = button.dataset;
    leave.then(() => {
      if (reload) window.location.assign(reload);
      else {
        const form = Object.assign(document.createElement("form"), { method: "post", action: button.formAction });
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "csrf", value: csrfToken() }));
        document.body.append(form);
        form.submit();
      }
    });
  }
}
