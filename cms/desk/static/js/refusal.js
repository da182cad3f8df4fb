// A refusal on the page: what was refused, the sentence, the next step, its code, and what can be done about it.

/** A line for `refusal` {text, next, code}; `again` is {label, act} for what may be tried once more. */
export function refusalLine(name, { text, next, code }, again) {
  const line = document.createElement("div");
  line.className = "upload-refusal";
  line.setAttribute("role", "alert");
  const words = document.createElement("div");
  words.className = "upload-refusal-words";
  const strong = Object.assign(document.createElement("strong"), { textContent: name ? `${name}：${text}` : text });
  const small = Object.assign(document.createElement("span"), { textContent: next });
  words.append(strong, small, Object.assign(document.createElement("code"), { textContent: code }));
  line.append(words);
  if (again) {
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "button button-small", textContent: again.label,
    });
    button.addEventListener("click", () => {
      line.remove();
      again.act();
    });
    line.append(button);
  }
  return line;
}
