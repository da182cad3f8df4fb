// <yp-logo>: the corner of a channel as it will be seen, drawn anew as the form changes; the arithmetic is the server's.
const WIDTH = 1920;
const HEIGHT = 1080;
const TALLEST = 22;

/** Where a logo's box stands on the screen; `media.logo.box` says the same. */
export function boxOf({ corner, margin, size }) {
  const width = Math.floor((WIDTH * size) / 100);
  const height = Math.floor((HEIGHT * TALLEST) / 100);
  const gap = Math.floor((WIDTH * margin) / 100);
  const x = corner.endsWith("left") ? gap : WIDTH - gap - width;
  const y = corner.startsWith("top") ? gap : HEIGHT - gap - height;
  return { x, y, width, height };
}

class Logo extends HTMLElement {
  connectedCallback() {
    this.form = document.getElementById("logo-form");
    this.form?.addEventListener("input", () => this.draw());
  }

  draw() {
    const told = new FormData(this.form);
    const corner = String(told.get("corner"));
    const box = boxOf({ corner, margin: Number(told.get("margin")), size: Number(told.get("size")) });
    const logo = this.querySelector("[data-logo]");
    for (const part of [logo, this.querySelector("[data-box]")])
      for (const [name, value] of Object.entries(box)) part.setAttribute(name, value);
    const fit = `x${corner.endsWith("left") ? "Min" : "Max"}Y${corner.startsWith("top") ? "Min" : "Max"} meet`;
    logo.setAttribute("preserveAspectRatio", fit);
    logo.setAttribute("opacity", Number(told.get("opacity")) / 100);
    const picked = this.form.querySelector("[name=picture]:checked");
    if (picked) logo.setAttribute("href", picked.dataset.src);
    for (const out of this.form.querySelectorAll("output[data-of]")) out.value = `${told.get(out.dataset.of)} %`;
  }
}

customElements.define("yp-logo", Logo);
