// How many rows of a list are selected, where the list has room to say so: [data-selected-count] within the form.
function say(form) {
  const room = form?.querySelector("[data-selected-count]");
  if (room) room.textContent = form.querySelectorAll("[data-select]:checked").length;
}

document.body.addEventListener("change", ({ target }) => target.matches("[data-select]") && say(target.form));
document.body.addEventListener("htmx:afterSettle", () => document.querySelectorAll("form:has([data-selected-count])").forEach(say));
