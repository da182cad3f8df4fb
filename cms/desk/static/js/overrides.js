// What single channels say of their own: marks what differs from the master, copies the text, and takes back with undo.
const card = document.querySelector("[data-own-words]");
const form = card.closest("form");
const master = (name) => form.elements[name];

const isEmptyBody = (value) => !value || value.blocks.length === 0;
const editorOf = (field) => field.querySelector("yp-editor");
const inputOf = (field) => field.querySelector("input[name], textarea[name]");

const valueOf = (field) => {
  if (field.dataset.ownField === "body") return editorOf(field) ? JSON.stringify(editorOf(field).value) : "";
  return inputOf(field).value.trim();
};

const masterValue = (name) => {
  if (name === "body") return JSON.stringify(form.querySelector("yp-editor[name=body]").value);
  return master(name)?.value.trim() ?? ""; // the stretches of a video are a channel's own alone
};

const changed = (field) => {
  const value = valueOf(field);
  return value !== "" && value !== masterValue(field.dataset.ownField);
};

function mark(details) {
  const names = [];
  for (const field of details.querySelectorAll("[data-own-field]")) {
    const differs = changed(field);
    if (differs) names.push(field.dataset.ownLabel);
    const button = field.querySelector("[data-own-reset]");
    if (!button.dataset.taken) button.hidden = valueOf(field) === "";
  }
  details.querySelector("[data-own-mark]").hidden = names.length === 0;
  details.querySelector("[data-own-names]").textContent = names.join("、");
}

const markAll = () => card.querySelectorAll("[data-own]").forEach(mark);

/** Tells autosave and the previews, as if it had been typed. */
const tell = (field) => (inputOf(field) ?? master("own")).dispatchEvent(new Event("input", { bubbles: true }));

function showCover(field, url) {
  const place = field.querySelector("[data-own-cover]");
  place.dataset.none ??= url ? "" : place.textContent;
  if (url) place.replaceChildren(Object.assign(document.createElement("img"), { src: url, alt: "" }));
  else place.textContent = place.dataset.none || "–";
}

function write(field, value) {
  const source = form.querySelector("yp-editor[name=body]");
  const place = field.querySelector("[data-own-body]");
  const editor = document.createElement("yp-editor");
  for (const name of ["upload-url", "asset-url", "labels", "sprite", "placeholder", "videos-url"]) {
    if (source.hasAttribute(name)) editor.setAttribute(name, source.getAttribute(name));
  }
  editor.setAttribute("name", place.dataset.ownBody);
  editor.id = place.dataset.ownBody;
  editor.value = isEmptyBody(value) ? source.value : value;
  place.replaceChildren(editor);
  field.querySelector("[data-own-write]").hidden = true;
}

function take(field) {
  const name = field.dataset.ownField;
  if (name === "body") {
    const value = editorOf(field)?.value ?? null;
    field.querySelector("[data-own-body]").replaceChildren();
    field.querySelector("[data-own-write]").hidden = false;
    return value;
  }
  const value = { text: inputOf(field).value, url: field.querySelector("img")?.getAttribute("src") ?? "" };
  inputOf(field).value = "";
  if (name === "cover") showCover(field, "");
  return value;
}

function giveBack(field, value) {
  const name = field.dataset.ownField;
  if (name === "body") write(field, value);
  else inputOf(field).value = value.text;
  if (name === "cover") showCover(field, value.url);
}

/** The button takes the words away and, until something else is typed there, gives them back. */
const taken = new WeakMap();

function reset(field, button) {
  if (taken.has(button)) {
    giveBack(field, taken.get(button));
    settle(button);
  } else {
    taken.set(button, take(field));
    button.dataset.taken = "yes";
    button.lastChild.textContent = card.dataset.undo;
  }
  tell(field);
  markAll();
}

function settle(button) {
  taken.delete(button);
  delete button.dataset.taken;
  button.lastChild.textContent = card.dataset.reset;
}

card.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const field = event.target.closest("[data-own-field]");
  if (!button || !field) return;
  if (button.matches("[data-own-reset]")) reset(field, button);
  if (button.matches("[data-own-write]")) {
    settle(field.querySelector("[data-own-reset]"));
    write(field, null);
    markAll();
  }
  if (button.matches("[data-own-pick]")) {
    const pick = (asset, url) => {
      inputOf(field).value = asset;
      showCover(field, url);
      settle(field.querySelector("[data-own-reset]"));
      tell(field);
      markAll();
    };
    document.dispatchEvent(new CustomEvent("yp-pick-picture", { detail: { take: pick } }));
  }
});

card.addEventListener("input", (event) => {
  const button = event.target.closest("[data-own-field]")?.querySelector("[data-own-reset]");
  if (button && event.isTrusted) settle(button);
});

for (const type of ["input", "yp-change"]) {
  form.addEventListener(type, (event) => {
    const { name, value } = event.target;
    if (name === "title" || name === "summary") {
      for (const own of card.querySelectorAll(`[data-own-field=${name}] [name]`)) own.placeholder = value;
    }
    markAll();
  });
}

// ---- what this browser kept while the server could not be reached
form.addEventListener("yp-restore", ({ detail: given }) => {
  for (const place of card.querySelectorAll("[data-own-body]")) {
    const text = given.get(place.dataset.ownBody)?.[0];
    if (text && !place.querySelector("yp-editor")) write(place.closest("[data-own-field]"), JSON.parse(text));
  }
  const address = form.querySelector("yp-editor[name=body]").getAttribute("asset-url");
  for (const field of card.querySelectorAll("[data-own-field=cover]")) {
    const asset = given.get(inputOf(field).name)?.[0];
    showCover(field, asset ? address.replace("{asset}", encodeURIComponent(asset)) : "");
  }
});

markAll();
