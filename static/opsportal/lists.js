// What lists need beyond their rows: how many are selected, where there is room to say so ([data-selected-count] in
// the form), an empty selection once something was done with it, and addresses without filters that are not set.
const boxes = (form) => form.querySelectorAll("[data-select]:checked");

function say(form) {
  const room = form?.querySelector("[data-selected-count]");
  if (room) room.textContent = boxes(form).length;
}

function clear(form) {
  for (const box of boxes(form)) {
    box.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

document.body.addEventListener("change", ({ target }) => target.matches("[data-select]") && say(target.form));
document.body.addEventListener("htmx:afterSettle", () => document.querySelectorAll("form:has([data-selected-count])").forEach(say));
document.body.addEventListener("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => {
  if (xhr.status < 400 && elt.matches("form:has([data-selected-count])")) clear(elt);
});
document.addEventListener("formdata", ({ target, formData }) => {
  if (!target.matches(".filters")) return;
  for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
});
