// The unit tree: branches are fetched when they are opened, and every key of a tree works.
import { csrfToken } from "./http.js";

class Tree extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("focusin", (event) => {
      const item = event.target.closest("[role=treeitem]");
      if (item) this.#rove(item);
    });
    this.#typed = "";
    this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  #typed;
  #clearing;

  get #shown() {
    return [...this.querySelectorAll("[role=treeitem]")].filter((item) => item.checkVisibility());
  }

  #rove(item) {
    for (const other of this.querySelectorAll("[role=treeitem][tabindex='0']")) other.tabIndex = -1;
    item.tabIndex = 0;
  }

  #click(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || !event.target.closest("[data-twist]") || !item.ariaExpanded) return;
    event.preventDefault();
    this.#toggle(item, item.ariaExpanded !== "true");
    item.focus();
  }

  async #toggle(item, open) {
    if (!item.ariaExpanded || (item.ariaExpanded === "true") === open) return;
    let group = item.parentElement.querySelector(":scope > [role=group]");
    if (open && !group) {
      item.ariaBusy = "true";
      group = await this.#fetch(item);
      item.ariaBusy = null;
      if (!group) return;
    }
    group.hidden = !open;
    item.ariaExpanded = String(open);
  }

  async #fetch(item) {
    try {
      const address = this.getAttribute("src").replace("{unit}", item.dataset.unit);
      const answer = await fetch(address, { headers: { "X-CSRF-Token": csrfToken() } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const group = document.createElement("ul");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", item.querySelector(".unit-name").textContent);
      // Our own server drew it, escaped; scripts in it would not run under the page's policy.
      group.innerHTML = await answer.text();
      item.parentElement.querySelector(":scope > [role=group]")?.remove();
      item.after(group);
      return group;
    } catch {
      this.dispatchEvent(
        new CustomEvent("yp-toast", { bubbles: true, detail: { text: this.getAttribute("failed"), tone: "bad" } }),
      );
      return null;
    }
  }

  #key(event) {
    const item = event.target.closest("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = this.#shown;
    const at = shown.indexOf(item);
    const open = item.ariaExpanded === "true";
    const acts = {
      ArrowDown: () => shown[at + 1]?.focus(),
      ArrowUp: () => shown[at - 1]?.focus(),
      Home: () => shown[0]?.focus(),
      End: () => shown.at(-1)?.focus(),
      ArrowRight: () => (open ? shown[at + 1]?.focus() : this.#toggle(item, true)),
      ArrowLeft: () => (open ? this.#toggle(item, false) : this.#parent(item)?.focus()),
      " ": () => item.click(),
    };
    const act = acts[event.key] ?? (event.key.length === 1 ? () => this.#seek(event.key, shown, at) : null);
    if (!act) return;
    event.preventDefault();
    // A letter seeks here; it must not also lead to the page's search.
    event.stopPropagation();
    act();
  }

  #parent(item) {
    return item.closest("[role=group]")?.parentElement.querySelector(":scope > [role=treeitem]");
  }

  #seek(letter, shown, at) {
    clearTimeout(this.#clearing);
    this.#clearing = setTimeout(() => (this.#typed = ""), 700);
    this.#typed += letter.toLowerCase();
    const order = [...shown.slice(at + 1), ...shown.slice(0, at + 1)];
    const matches = (other) =>
      [".unit-name", "code"].some((part) => other.querySelector(part).textContent.toLowerCase().startsWith(this.#typed));
    order.find(matches)?.focus();
  }
}

customElements.define("yp-tree", Tree);
