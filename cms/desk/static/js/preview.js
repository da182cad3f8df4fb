// Previews at their real size, scaled down to the room they have.
const fit = (figure) => {
  const width = Number(figure.dataset.width);
  const height = Number(figure.dataset.height);
  const box = figure.querySelector(".preview-box");
  const scale = Math.min(1, box.clientWidth / width);
  const frame = box.querySelector("iframe");
  frame.style.transform = `scale(${scale})`;
  box.style.height = `${Math.round(height * scale)}px`;
};

const every = () => document.querySelectorAll("[data-preview]");
const fitAll = () => { for (const figure of every()) fit(figure); };

new ResizeObserver(fitAll).observe(document.querySelector(".previews"));
fitAll();
document.querySelector("[data-preview-again]").addEventListener("click", () => {
  for (const figure of every()) {
    const frame = figure.querySelector("iframe");
    frame.src = frame.getAttribute("src");
  }
});
