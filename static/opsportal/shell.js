// Errors, toasts and sheets of the frame. Answers with an error land in #errors by htmx's own configuration.
const TOAST_MS = 10_000;
const errors = document.getElementById("errors");
const noAnswer = document.getElementById("no-answer");

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-dismiss]");
  if (close) close.closest("[data-dismissable], [data-toast]")?.remove();
  if (event.target.closest("[data-key-sheet]")) {
    document.querySelectorAll("[popover]:popover-open").forEach((menu) => menu.hidePopover());
    document.getElementById("keys")?.showModal();
  }
  if (event.target instanceof HTMLDialogElement) event.target.close(); // a click on the backdrop
});

// The portal could not be reached at all: say so where errors stand.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => errors.replaceChildren(noAnswer.content.cloneNode(true)));
}

// An error stays until something that the person asked for has worked; what refreshes by itself does not count.
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  const cause = detail.requestConfig?.triggeringEvent?.type ?? "";
  if (detail.successful && !cause.startsWith("live:") && cause !== "toggle") errors.replaceChildren();
});
document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === errors) errors.scrollIntoView({ block: "nearest" });
});

// A toast goes after ten seconds, but never while it is being read: hovered or holding the focus.
let expiry = 0;
function toastWait() {
  clearTimeout(expiry);
  expiry = setTimeout(() => {
    const toast = document.querySelector("[data-toast]");
    if (!toast) return;
    if (toast.matches(":hover") || toast.contains(document.activeElement)) toastWait();
    else toast.remove();
  }, TOAST_MS);
}
document.body.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  if (detail.target.id === "toast") toastWait();
});
