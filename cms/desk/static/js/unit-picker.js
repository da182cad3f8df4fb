// A unit out of hundreds: a field that asks the server while somebody types a name or pinyin initials. Without this
// script it is a plain field that holds a name and a path, which the server reads.
let made = 0;

class YpUnit extends HTMLElement {
  connectedCallback() {
    if (this.field) return;
    this.field = this.querySelector("input.input"); // not the box of a unit that is chosen already
    this.many = this.dataset.many;
    if (this.many) this.field.removeAttribute("name");
    else this.keep();
    this.list = Object.assign(document.createElement("ul"), { className: "unit-list", id: `units-${++made}`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.dataset.label);
    this.append(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list", autocomplete: "off",
    })) this.field.setAttribute(name, value);
    this.chosen = -1;
    this.asked = 0;
    this.field.addEventListener("input", () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.ask(), 120);
    });
    this.field.addEventListener("focus", () => this.field.select());
    this.field.addEventListener("click", () => this.list.hidden && this.ask(""));
    this.field.addEventListener("keydown", (event) => this.keyed(event));
    this.field.addEventListener("blur", () => this.leave());
    // A press must not take the focus away before it counts.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take(this.options().indexOf(option));
    });
  }

  /** The form goes on sending what it sent before: an id or a path under the name of the field. */
  keep() {
    this.sent = Object.assign(document.createElement("input"), {
      type: "hidden", name: this.field.name, value: this.field.dataset.value,
    });
    this.field.removeAttribute("name");
    this.field.value = this.field.dataset.name;
    this.said = this.field.value;
    this.append(this.sent);
  }

  options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  async ask(words = this.field.value) {
    const turn = ++this.asked;
    const url = new URL(this.dataset.src, window.location.href);
    url.searchParams.set("q", words.trim());
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    // A slower answer to an older question must not replace a newer one.
    if (turn !== this.asked || document.activeElement !== this.field) return;
    this.show(answer?.ok ? (await answer.json()).units : []);
  }

  show(units) {
    this.units = units;
    this.list.replaceChildren(...units.map((unit, number) => this.line(unit, number)));
    if (!units.length) {
      this.list.append(Object.assign(document.createElement("li"), { className: "unit-none", textContent: this.dataset.none }));
    }
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.choose(units.length ? 0 : -1);
  }

  line(unit, number) {
    const line = Object.assign(document.createElement("li"), { id: `${this.list.id}-${number}`, textContent: unit.name });
    line.setAttribute("role", "option");
    line.append(Object.assign(document.createElement("small"), { textContent: unit.above || unit.path }));
    return line;
  }

  choose(number) {
    const all = this.options();
    this.chosen = all.length ? (number + all.length) % all.length : -1;
    for (const [place, one] of all.entries()) one.setAttribute("aria-selected", String(place === this.chosen));
    const now = all[this.chosen];
    if (now) this.field.setAttribute("aria-activedescendant", now.id);
    else this.field.removeAttribute("aria-activedescendant");
    now?.scrollIntoView({ block: "nearest" });
  }

  keyed(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.list.hidden) this.ask("");
      else this.choose(this.chosen + step);
    } else if (event.key === "Enter" && !this.list.hidden && this.chosen >= 0) {
      event.preventDefault();
      this.take(this.chosen);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  take(number) {
    const unit = this.units[number];
    this.close();
    if (this.many) {
      this.add(unit);
      return;
    }
    this.field.value = this.said = unit.name;
    this.sent.value = this.field.dataset.by === "id" ? unit.id : unit.path;
    this.sent.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** One of several: a box that is ticked; unticking it takes the unit away again. */
  add(unit) {
    this.field.value = "";
    const box = this.querySelector("[data-picked]");
    const known = box.querySelector(`input[value="${CSS.escape(unit.path)}"]`);
    if (known) known.checked = true;
    else {
      const label = Object.assign(document.createElement("label"), { className: "check" });
      const tick = Object.assign(document.createElement("input"), { type: "checkbox", name: this.many, value: unit.path, checked: true });
      label.append(tick, Object.assign(document.createElement("span"), { textContent: unit.name }));
      box.append(label);
    }
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** An emptied field means none, where that is allowed; words that were not chosen go to the server, which reads them. */
  leave() {
    this.close();
    if (this.many || this.field.value === this.said) return;
    this.sent.value = this.said = this.field.value;
  }

  close() {
    clearTimeout(this.pause);
    this.asked++;
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}

customElements.define("yp-unit", YpUnit);
