// Counters beside fields: what the kind of piece allows, and where a chosen channel would cut. Characters are counted as
// the server counts them, by code point.

const page = document;
const form = page.querySelector("[data-limits]");
const limits = form ? JSON.parse(form.dataset.limits) : {};
const charactersOf = (text) => [...text.replace(/\s+/g, " ").trim()].length;
const lengthOf = (field) => (field?.localName === "yp-editor" ? field.characters ?? 0 : charactersOf(field?.value ?? ""));

const chip = (text, isOver, className = "limit") => Object.assign(page.createElement("span"), { className: isOver ? `${className} is-over` : className, textContent: text });

function draw(name) {
  const { most, channels } = limits[name];
  const box = page.querySelector(`[data-limits-of="${CSS.escape(name)}"]`);
  const field = form.elements[name];
  if (!box || !field) return;
  const length = lengthOf(field);
  const chosen = new Set([...form.querySelectorAll("[name=channel]:checked")].map((one) => one.value));
  const shown = channels.filter((channel) => chosen.has(channel.code)).map((channel) => {
    const there = lengthOf(form.elements[`o-${channel.code}-${name}`]) || length;
    return chip(`${channel.label} ${there}/${channel.most}`, there > channel.most);
  });
  box.replaceChildren(chip(`${length}/${most}`, length > most, "counter"), ...shown);
}

if (form) {
  const all = () => Object.keys(limits).forEach(draw);
  for (const type of ["input", "yp-change", "yp-ready"]) form.addEventListener(type, all);
  form.addEventListener("yp-restored", all);
  all();
}
