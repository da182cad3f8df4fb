// A channel's day as a rail: what lies where by the grid of 3.84 s. Things are dragged, carried by keys or placed by the
// dialog; the server names what is in the way, does it, and says how to take it back.
import { made, say } from "../calendar/moving.js";
import { send } from "../http.js";
import { ready } from "../ready.js";
import { Rail, shown, wall } from "./rail.js";

const NARROW = 720;
const EVERY = 15_000;
// Shift and an arrow carry by a minute's worth of slots, with Alt by one.
const FAR = 16;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

class YpDay extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    this.data = JSON.parse(this.dataset.day);
    this.texts = this.data.texts;
    this.may = this.hasAttribute("data-may");
    this.hint = this.querySelector("[data-day-hint]");
    this.calm = this.hint.textContent;
    this.offline = { text: this.texts.offline, next: "" };
    if (window.innerWidth >= NARROW) this.rail = new Rail(this);
    this.rail?.draw();
    this.rail?.toNow();
    this.addEventListener("click", (event) => this.pressed(event));
    this.addEventListener("keydown", (event) => this.keyed(event));
    this.querySelector("[data-day-date]").addEventListener("change", ({ target }) => {
      if (target.value) window.location.assign(`${this.data.urls.base}/${target.value}`);
    });
    document.addEventListener("keydown", (event) => this.undoKey(event));
    if (this.may && this.rail) this.addEventListener("pointerdown", (event) => this.grabbed(event));
    this.addEventListener("focusout", () => this.drop());
    setInterval(() => this.again(), EVERY);
    // The shelf is drawn anew while somebody searches it.
    this.addEventListener("htmx:afterSwap", () => this.listens());
    this.listens();
  }

  listens() {
    ready(...this.querySelectorAll("[data-day-place], [data-zoom], [data-day-undo], [data-day-jump]"));
  }

  get change() {
    return this.querySelector("#day-rail-part").dataset.change;
  }

  // ---- presses
  pressed(event) {
    const zoom = event.target.closest("[data-zoom]");
    if (zoom) return this.rail?.zoom(Number(zoom.dataset.zoom));
    if (event.target.closest("[data-day-undo]")) return this.undo(this.change);
    if (event.target.closest("[data-day-jump]")) return this.querySelector("[data-day-date]").showPicker();
    const piece = event.target.closest("[data-day-place]")?.closest("[data-piece]");
    if (piece && this.may) return this.ask(JSON.parse(piece.dataset.piece));
    const block = event.target.closest(".day-block-button")?.closest("[data-facts]");
    if (block && this.may && !this.dragged) return this.ask(JSON.parse(block.dataset.facts));
    this.dragged = false;
    return undefined;
  }

  /** The dialog: a time, how it repeats, or for what lies there already what moves with it, and the way off. */
  ask(facts) {
    const dialog = document.getElementById("day-place");
    const lies = Boolean(facts.placement);
    const part = (name) => dialog.querySelector(`[data-day-${name}]`);
    dialog.querySelector("h2").textContent = lies ? this.texts.change : this.texts.place;
    part("what").textContent = facts.title;
    part("long").textContent = fill(this.texts.long, { length: shown(facts.count) });
    part("go").textContent = lies ? this.texts.go_move : this.texts.go_place;
    dialog.querySelector("[name=at]").value = wall(lies ? facts.slot : this.freeSlot(facts.count)).slice(0, 8);
    dialog.querySelector("[name=repeat]").value = "once";
    dialog.querySelector("[name=until]").value = "";
    part("repeat").hidden = lies;
    part("scopes").hidden = !facts.repeats;
    dialog.querySelector("[name=scope][value=one]").checked = true;
    part("rule").hidden = !lies;
    part("rule").querySelector("a").href = facts.rule ?? "#";
    const remove = part("remove");
    remove.hidden = !lies;
    const values = () => Object.fromEntries(new FormData(dialog.querySelector("form")));
    const close = () => dialog.close();
    for (const no of dialog.querySelectorAll("[data-day-no]")) no.onclick = close;
    dialog.querySelector("form").onsubmit = (event) => {
      event.preventDefault();
      const { at, repeat, until, scope } = values();
      close();
      this.go(lies ? { ...this.moved(facts), at: `${this.data.on} ${at}`, scope } : { act: "place", document: facts.document, at: `${this.data.on} ${at}`, repeat, until });
    };
    remove.onclick = () => {
      const { scope } = values();
      close();
      this.remove(facts, scope);
    };
    dialog.showModal();
    dialog.querySelector("[name=at]").focus();
  }

  /** Where the dialog begins: behind what lies there, from the first slot that is still open on. */
  freeSlot(count) {
    const lying = [...this.querySelectorAll(".day-entry[data-from]")]
      .map(({ dataset }) => ({ from: Number(dataset.from), to: Number(dataset.from) + Number(dataset.for) }))
      .sort((one, other) => one.from - other.from);
    let at = Number(this.querySelector("[data-day-rail]").dataset.edge);
    for (const one of lying) {
      if (one.to <= at) continue;
      if (one.from >= at + count) break;
      at = one.to;
    }
    return at;
  }

  moved(facts) {
    return { act: "move", placement: facts.placement, start: facts.start, scope: "one" };
  }

  // ---- asking, doing, undoing
  /** Looks at a wish, lets a person confirm what is in the way, and does it. */
  async go(wish) {
    try {
      const found = await send(this.data.urls.check, wish, { offline: this.offline });
      if (found.clashes.length && !(await this.confirmed(found))) return;
      await this.did(await send(this.data.urls.do, wish, { offline: this.offline }), found);
    } catch (refusal) {
      this.refused(refusal);
    }
  }

  async remove(facts, scope) {
    try {
      const wish = { act: "remove", placement: facts.placement, start: facts.start, scope };
      await this.did(await send(this.data.urls.do, wish, { offline: this.offline }), { title: facts.title });
    } catch (refusal) {
      this.refused(refusal);
    }
  }

  async undo(change) {
    if (!change) return;
    try {
      await this.did(await send(this.data.urls.do, { act: "undo", change }, { offline: this.offline }), {});
    } catch (refusal) {
      this.refused(refusal);
    }
  }

  async did(done, { title = "", start = "" }) {
    const action = done.change ? { label: this.texts.undo, run: () => this.undo(done.change) } : null;
    say({ text: fill(done.said, { title, start }), next: [title, start].filter(Boolean).join(" "), action, group: "day" });
    await this.again(done.made[0]);
  }

  refused(refusal) {
    say({ text: refusal.text ?? this.texts.offline, next: refusal.next ?? "", tone: "bad" });
  }

  confirmed(found) {
    const dialog = document.getElementById("day-clash");
    dialog.querySelector("h2").textContent = fill(found.may ? this.texts.sure : this.texts.cannot, found);
    dialog.querySelector("[data-day-clashes]").replaceChildren(...found.clashes.map(clash));
    const yes = dialog.querySelector("[data-day-yes]");
    yes.hidden = !found.may;
    dialog.showModal();
    (found.may ? yes : dialog.querySelector(".dialog-actions [data-day-no]")).focus();
    return new Promise((resolve) => {
      const end = (answer) => {
        dialog.onclose = null;
        if (dialog.open) dialog.close();
        resolve(answer);
      };
      yes.onclick = () => end(true);
      for (const no of dialog.querySelectorAll("[data-day-no]")) no.onclick = () => end(false);
      dialog.onclose = () => end(false);
    });
  }

  /** The rail as it is now; never under a hand that drags. Whoever worked by keys goes on from there. */
  async again(placement = "") {
    if (this.ghost || this.carried || document.hidden) return;
    const had = this.contains(document.activeElement) && document.activeElement.closest("[data-facts]");
    const focus = placement || (had && JSON.parse(had.dataset.facts).placement);
    const answer = await fetch(`${this.data.urls.day}/rail`).catch(() => null);
    if (!answer?.ok || this.ghost || this.carried) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.querySelector("#day-rail-part").replaceWith(document.adoptNode(page.querySelector("#day-rail-part")));
    const undo = this.querySelector("[data-day-undo]");
    if (undo) {
      undo.hidden = !this.change;
      undo.querySelector("[data-day-undo-word]").textContent = fill(this.texts.undo_of, { act: this.querySelector("#day-rail-part").dataset.changeWord });
    }
    this.rail?.draw();
    if (focus) this.blockOf(focus)?.focus({ preventScroll: !placement });
  }

  blockOf(placement) {
    const blocks = [...this.querySelectorAll("[data-facts]")];
    return blocks.find((one) => JSON.parse(one.dataset.facts).placement === placement)?.querySelector("button");
  }

  // ---- by keys
  keyed(event) {
    const button = event.target.closest(".day-block-button");
    if (!button) return;
    const block = button.closest("[data-facts]");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && !event.shiftKey) {
      const all = [...this.querySelectorAll(".day-block-button")];
      all[all.indexOf(button) + step]?.focus();
    } else if (step && block && this.may) this.carry(block, step * (event.altKey ? 1 : FAR));
    else if (event.key === "Enter" && this.carried) {
      const { facts, slot } = this.carried;
      this.drop();
      this.go({ ...this.moved(facts), at: this.at(slot) });
    } else if (event.key === "Escape" && this.carried) this.drop();
    else if (event.key === "Delete" && block && this.may) this.ask(JSON.parse(block.dataset.facts));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  carry(block, by) {
    const facts = JSON.parse(block.dataset.facts);
    const from = this.carried?.facts.placement === facts.placement ? this.carried.slot : facts.slot;
    const slot = Math.max(0, from + by);
    this.carried = { facts, slot };
    this.hint.classList.add("is-carrying");
    this.hint.textContent = fill(this.texts.carried, { title: facts.title, at: wall(slot).slice(0, 8) });
    this.rail?.ghost(slot, facts.count, wall(slot).slice(0, 8));
  }

  drop() {
    if (!this.carried) return;
    this.carried = null;
    this.rail?.noGhost();
    this.hint.classList.remove("is-carrying");
    this.hint.textContent = this.calm;
  }

  undoKey(event) {
    const typing = event.target.closest?.("input, textarea, select, dialog");
    if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || !this.may || !this.change) return;
    event.preventDefault();
    this.undo(this.change);
  }

  at(slot) {
    return `${this.data.on} ${wall(slot)}`;
  }

  // ---- by hand
  grabbed(event) {
    if (event.button !== 0 || event.target.closest("a, input, label, [data-day-place]")) return;
    const held = event.target.closest("[data-piece], [data-facts]");
    if (!held) return;
    const facts = JSON.parse(held.dataset.piece ?? held.dataset.facts);
    const box = held.getBoundingClientRect();
    // What lies on the rail is held where it was grabbed, a piece of the shelf by its beginning.
    const hold = held.dataset.facts ? event.clientY - box.top : 0;
    const start = { x: event.clientX, y: event.clientY };
    const { pointerId } = event;
    let moving = false;
    const move = (at) => {
      if (!moving && Math.hypot(at.clientX - start.x, at.clientY - start.y) < 5) return;
      if (!moving) {
        moving = true;
        this.ghost = true;
        this.setPointerCapture(pointerId);
        this.classList.add("is-dragging");
      }
      this.rail.scrollAt(at.clientY);
      const slot = this.rail.slotAt(at.clientX, at.clientY - hold, facts.count);
      this.over = slot;
      if (slot === null) this.rail.noGhost();
      else this.rail.ghost(slot, facts.count, `${wall(slot).slice(0, 8)} ${facts.title}`);
    };
    const end = (at) => {
      this.removeEventListener("pointermove", move);
      this.removeEventListener("pointerup", end);
      this.removeEventListener("pointercancel", end);
      this.classList.remove("is-dragging");
      this.rail.noGhost();
      this.ghost = false;
      this.dragged = moving;
      if (!moving || at.type !== "pointerup" || this.over === null) return;
      const wish = facts.placement ? this.moved(facts) : { act: "place", document: facts.document };
      if (facts.placement && this.over === facts.slot) return;
      this.go({ ...wish, at: this.at(this.over) });
    };
    this.addEventListener("pointermove", move);
    this.addEventListener("pointerup", end);
    this.addEventListener("pointercancel", end);
  }
}

function clash({ level, text, next }) {
  const line = made("div", `finding finding-${level}`);
  const words = document.createElement("div");
  words.append(made("div", "", text), made("p", "", next));
  line.append(words);
  return line;
}

customElements.define("yp-day", YpDay);
