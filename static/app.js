// Small comforts. Every page works without them.
(() => {
  "use strict";

  // In a list: j and k go down and up, Enter opens, x chooses. On a record: n goes to the next one of the desk.
  const walk = (event) => {
    if (event.key === "n") document.querySelector("a[data-key='n']")?.click();
    if (!["j", "k", "x"].includes(event.key)) return;
    const rows = [...document.querySelectorAll("tr[data-href]")];
    const at = rows.indexOf(document.activeElement.closest("tr[data-href]"));
    if (event.key === "x") {
      rows[at]?.querySelector("input[type='checkbox']")?.click();
      return;
    }
    const next = rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)];
    next?.querySelector("a")?.focus();
  };

  // "/" goes to the search field, unless somebody is typing.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.getElementById("search");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
    if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) walk(event);
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
    }
  });

  document.addEventListener("click", (event) => {
    // An open menu closes when something else is clicked.
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    });

    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        const said = copy.querySelector("[data-said]");
        if (said) {
          said.textContent = "Copied";
          setTimeout(() => { said.textContent = ""; }, 1500);
        }
      });
      return;
    }

    // A click anywhere in a row follows the row's link.
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) {
      location.assign(row.dataset.href);
    }
  });

  // "All on this page" in lists with check boxes; the number chosen is said beside the button.
  document.addEventListener("change", (event) => {
    const list = event.target.closest("form[data-choose]");
    if (!list) return;
    const boxes = [...list.querySelectorAll("input[name='item']")];
    if (event.target.matches("[data-all]")) {
      boxes.forEach((box) => { box.checked = event.target.checked; });
    }
    const chosen = boxes.filter((box) => box.checked).length;
    const said = list.querySelector("[data-chosen]");
    const every = list.querySelector("[name='every']:checked");
    if (said) said.textContent = every ? "Everything that matches" : chosen ? `${chosen} chosen` : "";
  });

  // A form sent twice would do the work twice: the button rests once it was pressed.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post" || event.target.hasAttribute("hx-post")) return;
    setTimeout(() => {
      event.target.querySelectorAll("button[type='submit']").forEach((button) => { button.disabled = true; });
    });
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("button[type='submit'][disabled]").forEach((button) => { button.disabled = false; });
  });
})();
