// Bringing in an issue: which one it is goes into the address, the PDF as the file; progress, or the refusal in words.
import { upload } from "../http.js";
import { refusalLine } from "../refusal.js";

for (const form of document.querySelectorAll("[data-newspaper-bring]")) {
  const { dataset } = form;
  const input = form.querySelector("input[type=file]");
  const name = form.querySelector("[data-file-name]");
  const problem = form.querySelector("[data-problem]");
  const bar = form.querySelector("progress");
  const said = (refusal, of) => problem.replaceChildren(refusalLine(of, refusal));
  input.addEventListener("change", () => {
    name.textContent = input.files[0]?.name ?? name.dataset.none;
    problem.replaceChildren();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.replaceChildren();
    if (!form.reportValidity()) return;
    const [file] = input.files;
    if (file.size > Number(dataset.limit)) {
      said(JSON.parse(dataset.tooLarge), file.name);
      return;
    }
    const fields = ["paper", "date", "number"].filter((field) => form.elements[field]);
    const asked = new URLSearchParams(fields.map((field) => [field, form.elements[field].value]));
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    bar.hidden = false;
    const progress = (share) => {
      bar.value = share;
      if (share >= 1) bar.removeAttribute("value"); // what is left is the server's look at it
    };
    try {
      const offline = { code: "editor.network", text: dataset.failed, next: dataset.offline };
      const { href } = await upload(`${dataset.newspaperBring}?${asked}`, file, { progress, offline });
      window.location.assign(href);
    } catch (refusal) {
      said(refusal, file.name);
      button.disabled = false;
      bar.hidden = true;
    }
  });
}
