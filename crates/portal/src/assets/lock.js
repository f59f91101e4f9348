// Shared computers: after a time without input the session is locked on the server and the page is left.
// A page that comes back from the browser's memory is loaded again, so that nothing locked is shown.
const limit = Number(document.body.dataset.idle) * 1000;
const clock = document.getElementById("idle");
let last = Date.now();

for (const name of ["pointerdown", "keydown", "wheel", "touchstart", "scroll"]) {
  addEventListener(name, () => { last = Date.now(); }, { passive: true, capture: true });
}

addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

async function lock() {
  document.body.replaceChildren();
  try {
    await fetch("/lock", { method: "POST", credentials: "same-origin", redirect: "manual" });
  } finally {
    location.replace("/locked");
  }
}

function tick() {
  const left = limit - (Date.now() - last);
  if (left <= 0) return lock();
  const seconds = Math.ceil(left / 1000);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  clock.hidden = false;
  clock.textContent = `${clock.dataset.label} ${text}`;
  clock.classList.toggle("soon", seconds <= 60);
  setTimeout(tick, 1000 - ((Date.now() - last) % 1000));
}

if (limit > 0 && clock) tick();
