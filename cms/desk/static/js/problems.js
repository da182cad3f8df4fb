// Faults of the editor's page: marked at their field, counted in the bar, and one key away (F8 goes to the first).

const page = document;

/** Marks fields a refused save named: {field: {text} or code}; an empty object takes the marks away. */
export function markFields(form, fields) {
  for (const mark of form.querySelectorAll("[data-live-error]")) mark.remove();
  for (const input of form.querySelectorAll("[data-live-invalid]")) {
    input.removeAttribute("aria-invalid");
    delete input.dataset.liveInvalid;
  }
  const texts = JSON.parse(form.dataset.faults ?? "{}");
  for (const [name, code] of Object.entries(fields)) {
    const input = form.elements[name.replace(/^.*\./, "")] ?? form.elements[name];
    const holder = page.getElementById(`field-${name.replace(/^.*\./, "")}`);
    if (!input?.setAttribute || !holder) continue;
    input.setAttribute("aria-invalid", "true");
    input.dataset.liveInvalid = "";
    const said = Object.assign(page.createElement("span"), { className: "field-error", textContent: texts[code] ?? code });
    said.dataset.liveError = "";
    said.setAttribute("role", "alert");
    holder.append(said);
  }
  show();
}

const button = page.querySelector("[data-first-problem]");

/** Everything that is wrong, in the order of the page: {go()}. */
function problems() {
  const form = button.closest("form");
  const found = [...form.querySelectorAll("[aria-invalid=true], .field-error, .counter.is-over, yp-editor, .pending.upload-refusal")]
    .filter((node) => node.offsetParent !== null || node.localName === "yp-editor")
    .flatMap((node) => (node.localName === "yp-editor" ? inEditor(node) : [{ node, go: () => goTo(node) }]));
  // A field and the sentence under it are one fault.
  return found.filter(({ node }, index) => index === 0 || !node || node.closest(".field, [id^=field-]") !== found[index - 1].node?.closest(".field, [id^=field-]") || node.matches(".pending"));
}

const inEditor = (editor) => (editor.problems ?? []).map(({ block }) => ({ node: null, go: () => editor.showBlock(block) }));

function goTo(node) {
  const holder = node.closest(".field, [id^=field-]") ?? node;
  holder.closest("details")?.setAttribute("open", "");
  holder.scrollIntoView({ block: "center" });
  holder.querySelector("input:not([type=hidden], .visually-hidden), select, textarea, button")?.focus({ preventScroll: true });
}

function show() {
  if (!button) return;
  const { length } = problems();
  button.hidden = length === 0;
  button.lastChild.textContent = button.dataset.text.replace("{count}", length);
}

if (button) {
  button.addEventListener("click", () => problems()[0]?.go());
  page.addEventListener("keydown", (event) => {
    if (event.key !== "F8") return;
    event.preventDefault();
    problems()[0]?.go();
  });
  for (const type of ["input", "yp-change", "yp-ready", "yp-settled"]) page.addEventListener(type, () => requestAnimationFrame(show));
  show();
}

// ---- the findings before a submission: the first that stops it
page.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-first-finding]")) page.querySelector("#submission .finding-bad a")?.click();
});
