// <yp-crops>: the focal point of a picture and what each shape of screen shows of it; the arithmetic is the server's.
const LIMIT = 1000;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** The box of a shape in pixels of the picture: as large as fits at this zoom, as near to the point as fits. */
export function boxOf({ width, height }, { w, h }, [x, y, zoom]) {
  const wide = width * h >= height * w;
  const size = wide ? { w: Math.max(1, Math.round((height * w) / h)), h: height } : { w: width, h: Math.max(1, Math.round((width * h) / w)) };
  const [bw, bh] = [Math.max(1, Math.round((size.w * 100) / zoom)), Math.max(1, Math.round((size.h * 100) / zoom))];
  const place = (whole, part, at) => clamp(Math.floor((whole * at) / LIMIT) - Math.floor(part / 2), 0, whole - part);
  return { left: place(width, bw, x), top: place(height, bh, y), width: bw, height: bh };
}

class Crops extends HTMLElement {
  connectedCallback() {
    this.picture = { width: Number(this.getAttribute("width")), height: Number(this.getAttribute("height")) };
    this.crops = JSON.parse(this.getAttribute("crops"));
    this.focal = this.getAttribute("focal").split(",").map(Number);
    this.chosen = null;
    this.isReadonly = this.hasAttribute("readonly");
    this.stage = this.querySelector(".crop-stage");
    this.frame = this.querySelector("[data-frame]");
    this.zoom = this.querySelector("[data-zoom]");
    for (const shape of this.shapes) shape.addEventListener("click", () => this.choose(shape));
    this.draw();
    if (this.isReadonly) return;
    this.stage.addEventListener("click", (event) => this.press(event));
    this.frame.addEventListener("pointerdown", (event) => this.drag(event));
    this.frame.addEventListener("keydown", (event) => this.step(event));
    this.zoom.addEventListener("input", () => this.change({ zoom: Number(this.zoom.value) }));
    this.querySelector("[data-follow]").addEventListener("click", () => {
      delete this.crops[this.chosen.dataset.shape];
      this.draw();
    });
    this.querySelector("[data-pick-focal]").addEventListener("click", () => this.choose(null));
  }

  get shapes() {
    return [...this.querySelectorAll("[data-shape]")];
  }

  cutOf(shape) {
    return this.crops[shape.dataset.shape] ?? [...this.focal, 100];
  }

  choose(shape) {
    this.chosen = shape === this.chosen ? null : shape;
    this.draw();
    if (this.chosen && !this.isReadonly) this.frame.focus({ preventScroll: true });
  }

  /** A press on the picture moves the focal point, or the middle of the chosen shape. */
  press(event) {
    if (event.target === this.frame) return;
    const box = this.stage.getBoundingClientRect();
    const at = (value, from, size) => clamp(Math.round(((value - from) / size) * LIMIT), 0, LIMIT);
    const [x, y] = [at(event.clientX, box.left, box.width), at(event.clientY, box.top, box.height)];
    if (this.chosen) this.change({ x, y });
    else {
      this.focal = [x, y];
      this.draw();
    }
  }

  /** Moves the middle of the chosen shape; what would leave the picture stays at its edge. */
  change({ x, y, zoom }) {
    const [oldX, oldY, oldZoom] = this.cutOf(this.chosen);
    this.crops[this.chosen.dataset.shape] = [x ?? oldX, y ?? oldY, zoom ?? oldZoom];
    this.draw();
  }

  middle() {
    const shape = this.chosen;
    const box = boxOf(this.picture, { w: Number(shape.dataset.w), h: Number(shape.dataset.h) }, this.cutOf(shape));
    return [((box.left + box.width / 2) / this.picture.width) * LIMIT, ((box.top + box.height / 2) / this.picture.height) * LIMIT];
  }

  drag(event) {
    event.preventDefault();
    this.frame.setPointerCapture(event.pointerId);
    const box = this.stage.getBoundingClientRect();
    const [x, y] = this.middle();
    const move = (now) => this.change({
      x: clamp(Math.round(x + ((now.clientX - event.clientX) / box.width) * LIMIT), 0, LIMIT),
      y: clamp(Math.round(y + ((now.clientY - event.clientY) / box.height) * LIMIT), 0, LIMIT),
    });
    this.frame.addEventListener("pointermove", move);
    const end = () => this.frame.removeEventListener("pointermove", move);
    this.frame.addEventListener("pointerup", end, { once: true });
    this.frame.addEventListener("pointercancel", end, { once: true });
  }

  step(event) {
    const by = event.shiftKey ? 50 : 10;
    const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    const [x, y] = this.middle();
    this.change({ x: clamp(Math.round(x + dx), 0, LIMIT), y: clamp(Math.round(y + dy), 0, LIMIT) });
  }

  draw() {
    const mark = this.querySelector("[data-focal]");
    Object.assign(mark.style, { left: `${this.focal[0] / 10}%`, top: `${this.focal[1] / 10}%` });
    for (const shape of this.shapes) this.drawShape(shape);
    const { chosen, picture } = this;
    this.frame.hidden = !chosen;
    if (chosen) {
      const box = boxOf(picture, { w: Number(chosen.dataset.w), h: Number(chosen.dataset.h) }, this.cutOf(chosen));
      const share = (part, whole) => `${(part / whole) * 100}%`;
      Object.assign(this.frame.style, {
        left: share(box.left, picture.width), top: share(box.top, picture.height),
        width: share(box.width, picture.width), height: share(box.height, picture.height),
      });
      this.zoom.value = this.cutOf(chosen)[2];
    }
    for (const tool of this.querySelectorAll("[data-zoom], [data-follow], [data-pick-focal]")) tool.disabled = !chosen || this.isReadonly;
    const says = this.querySelector("[data-says]");
    says.textContent = chosen ? says.dataset.shapeText : says.dataset.focalText;
    this.querySelector("[name=focal_x]").value = this.focal[0];
    this.querySelector("[name=focal_y]").value = this.focal[1];
    this.querySelector("[name=crops]").value = JSON.stringify(this.crops);
  }

  drawShape(shape) {
    const { width, height } = this.picture;
    const box = boxOf(this.picture, { w: Number(shape.dataset.w), h: Number(shape.dataset.h) }, this.cutOf(shape));
    const image = shape.querySelector("img");
    Object.assign(image.style, {
      width: `${(width / box.width) * 100}%`, height: `${(height / box.height) * 100}%`,
      left: `${(-box.left / box.width) * 100}%`, top: `${(-box.top / box.height) * 100}%`,
    });
    shape.setAttribute("aria-pressed", String(shape === this.chosen));
    shape.querySelector("[data-own]").hidden = !(shape.dataset.shape in this.crops);
  }
}

customElements.define("yp-crops", Crops);
