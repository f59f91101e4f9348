// Keys: "/" goes to the search box; left and right go to the day with records before and after.
// Everything works without this file.
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const box = document.querySelector(".find input");
    if (box) {
      event.preventDefault();
      box.focus();
    }
  }
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  // A region that scrolls keeps its own arrow keys.
  if (rel && !event.target.closest?.(".scroll")) {
    document.querySelector(`#day a[rel=${rel}]`)?.click();
  }
});
