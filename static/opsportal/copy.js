// Ids and hashes that one click copies. The clipboard needs a secure page; plain HTTP on a network gets the old way.
const SHOWN_MS = 1500;

async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || !(await copy(button.dataset.copy))) return;
  button.dataset.done = "";
  document.getElementById("announce").textContent = button.dataset.copied;
  setTimeout(() => delete button.dataset.done, SHOWN_MS);
});
