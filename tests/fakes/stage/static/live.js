// Keeps a simulator's page fresh, plays the video in view, and lets a presenter be the platform's reviewer.
const body = document.body;
const glass = document.querySelector(".glass");
const place = "glass " + location.pathname;

if (glass) {
  glass.scrollTop = Number(sessionStorage.getItem(place) || 0);
  addEventListener("pagehide", () => sessionStorage.setItem(place, String(glass.scrollTop)));
}

async function look() {
  try {
    const answer = await fetch("/_sim/revision");
    const { revision } = await answer.json();
    if (String(revision) !== body.dataset.revision) location.reload();
  } catch {
    // The simulator is away; the next look may find it.
  }
}
if (body.dataset.revision) setInterval(look, 2000);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  button.disabled = true;
  await fetch("/_sim/" + button.dataset.act, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: button.dataset.values || "{}",
  });
  location.reload();
});

const inView = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting } of seen) {
      if (isIntersecting) target.play().catch(() => {});
      else target.pause();
    }
  },
  { root: glass, threshold: 0.6 },
);
for (const video of document.querySelectorAll("video")) {
  inView.observe(video);
  video.addEventListener("click", () => (video.paused ? video.play() : video.pause()));
}
