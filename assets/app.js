// Comforts on top of pages that work without them.
(() => {
  "use strict";
  const announce = (text) => {
    const region = document.getElementById("announce");
    if (region && region.textContent !== text) region.textContent = text;
  };

  // A sentence at the foot of the window, for what went wrong where no page can say it.
  const notice = (text) => {
    let box = document.querySelector(".notice");
    if (!box) {
      box = document.body.appendChild(document.createElement("p"));
      box.className = "notice";
      box.setAttribute("role", "alert");
    }
    box.textContent = text;
    box.classList.toggle("shown", text !== "");
  };

  // Moments are UTC in the markup; show the reader's own time and keep UTC in the title.
  const format = (options) => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", ...options });
  const formats = { minute: format({ timeStyle: "short" }), day: format({}) };
  const localise = (root) => {
    for (const element of root.querySelectorAll("time[data-local]")) {
      const own = formats[element.dataset.local];
      const at = new Date(element.dateTime);
      if (!own || isNaN(at)) continue;
      element.title = element.textContent;
      element.textContent = own.format(at);
      delete element.dataset.local;
    }
  };

  const prepare = (root) => {
    localise(root);
    if (navigator.clipboard) {
      for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const word = button.querySelector(".copy-word");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return notice("The browser did not allow copying. Please select the text instead.");
    }
    button.classList.add("copied");
    if (word) word.textContent = "Copied";
    announce("Copied");
    setTimeout(() => {
      button.classList.remove("copied");
      if (word) word.textContent = "Copy";
    }, 2000);
  });

  // The second click of an impatient finger sends nothing. Coming back to the page frees the form.
  const release = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[type=submit]")) button.removeAttribute("aria-disabled");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("once" in form.dataset)) return;
    if (form.dataset.sent) return event.preventDefault(), event.stopImmediatePropagation();
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("[type=submit]")) button.setAttribute("aria-disabled", "true");
  }, true);
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form[data-sent]");
    if (form) release(form);
    if (event.detail.successful) notice("");
  });
  // A page that nobody sees need not ask.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches(".live")) event.preventDefault();
  });
  document.addEventListener("htmx:load", (event) => {
    prepare(event.target);
    const faults = event.target.querySelector("[data-focus]");
    if (faults) faults.focus();
    const badge = event.target.querySelector(".badge");
    if (badge && event.target !== document.body) announce(badge.textContent);
  });
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, ({ detail: { xhr } }) => { // A refusal is one plain sentence.
      const said = xhr?.status && xhr.getResponseHeader("Content-Type")?.startsWith("text/plain") && xhr.responseText;
      notice(said || "The shop did not answer. What you see may be out of date; please load the page again.");
    });
  }

  prepare(document);
  document.querySelector("[data-focus]")?.focus();
})();
