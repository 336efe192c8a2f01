"use strict";
/* The table of a plan: filter as you type, sort, page, copy. The rows stand in the page itself; nothing is loaded,
   and no text is ever read as markup. What is shown is kept in the page's fragment, so that a link can be sent. */
(() => {
  const PAGE = 100;
  const PAPER = 500; /* rows: some forty sheets */
  const SHOWS = [
    ["planned", "All planned changes"], ["archive", "To archive"], ["schedules", "Schedules to delete"],
    ["kept", "Kept by exemption"], ["unknown", "Kept, as not enough is known"], ["all", "Planned and kept"],
  ];
  const IN_SHOW = {
    planned: (row) => row.planned, archive: (row) => row.is.includes("a"), schedules: (row) => row.is.includes("s"),
    kept: (row) => row.is === "kept", unknown: (row) => row.is === "unknown", all: () => true,
  };
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const columns = heads.map((head) => head.dataset.k);
  const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text }, more);

  /* Rows: those of the table, and those of the lists of kept reports, whose cells are made when they are shown. */
  const planned = [...body.rows].map((tr) => ({ tr, is: tr.dataset.is, planned: true, keys: {} }));
  const kept = [...document.querySelectorAll("details[data-show]")].flatMap((group) =>
    [...group.querySelectorAll("li")].map((li) => (
      { li, is: group.dataset.show, planned: false, why: group.dataset.why, keys: {} })));
  const rows = [...planned, ...kept];

  const element = (row) => {
    if (!row.tr) {
      row.tr = document.createElement("tr");
      row.tr.dataset.r = row.li.dataset.r;
      for (const column of columns) {
        const cell = make("td", column === "report" || column === "why" ? "" : "\u2013");
        cell.dataset.v = "";
        if (column === "report") { cell.append(...[...row.li.childNodes].map((node) => node.cloneNode(true))); }
        if (column === "why") { cell.append(make("b", "Kept:"), ` ${row.why}`); }
        row.tr.append(cell);
      }
      delete row.tr.cells[0].dataset.v;
      delete row.tr.cells[columns.length - 1].dataset.v;
    }
    return row.tr;
  };
  const plain = (row, column) => element(row).cells[columns.indexOf(column)].textContent;
  const textOf = (row) => {
    row.text ??= (row.li
      ? `${row.li.dataset.r} ${row.li.textContent} kept: ${row.why}`
      : `${row.tr.dataset.r} ${[...row.tr.cells].map((cell) => cell.textContent).join(" ")}`).toLowerCase();
    return row.text;
  };
  const keyOf = (row, column) => {
    row.keys[column] ??= (() => {
      const cell = element(row).cells[columns.indexOf(column)];
      const value = cell.dataset.v ?? cell.textContent;
      return ["views", "schedules"].includes(column) && value !== "" ? Number(value) : value;
    })();
    return row.keys[column];
  };

  /* State: the fragment, as `#q=churn&show=archive&owner=...&sort=-views&page=2`. */
  const START = { q: "", show: "planned", owner: "", collection: "", sort: "", page: "1" };
  let state = { ...START };
  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    if (location.hash.length > 1 && !location.hash.includes("=")) { return false; }
    state = Object.fromEntries(Object.keys(START).map((key) => [key, given.get(key) ?? START[key]]));
    if (!Object.hasOwn(IN_SHOW, state.show)) { state.show = "planned"; }
    if (!columns.includes(state.sort.replace(/^-/, ""))) { state.sort = ""; }
    return given.size > 0;
  };
  const write = () => {
    const held = Object.entries(state).filter(([key, value]) => value !== START[key]);
    const hash = held.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
    try { history.replaceState(null, "", `#${hash}`); } catch { /* a page without an address of its own */ }
  };

  const matches = (row, words) => words.every((word) => textOf(row).includes(word))
    && (!state.owner || (row.planned && plain(row, "owner") === state.owner))
    && (!state.collection || (row.planned && plain(row, "collection") === state.collection));
  const wanted = () => state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const selected = () => {
    const words = wanted();
    const found = rows.filter((row) => IN_SHOW[state.show](row) && matches(row, words));
    if (state.sort) {
      const column = state.sort.replace(/^-/, "");
      const turn = state.sort.startsWith("-") ? -1 : 1;
      found.sort((one, other) => {
        const a = keyOf(one, column);
        const b = keyOf(other, column);
        if (a === "" || b === "") { return (a === "") - (b === ""); } /* not known: last, either way */
        return turn * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
      });
    }
    return found;
  };

  /* Controls. */
  const controls = document.getElementById("controls");
  const pages = document.getElementById("pages");
  const search = make("input", "", { type: "search", placeholder: "Filter by any word: report, owner, collection, reason" });
  search.setAttribute("aria-label", "Filter reports");
  const show = make("select", "");
  show.setAttribute("aria-label", "Which reports to show");
  show.append(...SHOWS.map(([value, text]) => make("option", text, { value })));
  const chips = make("span", "");
  const clear = make("button", "Clear", { type: "button" });
  const copy = make("button", "Copy as CSV", { type: "button" });
  const status = make("output", "");
  const paper = make("p", "", { className: "paper" });
  controls.append(search, show, chips, clear, copy, status, paper);
  const back = make("button", "Previous", { type: "button" });
  const next = make("button", "Next", { type: "button" });
  const place = make("span", "");
  pages.append(back, place, next);
  for (const head of heads) {
    const button = make("button", head.textContent, { type: "button" });
    button.addEventListener("click", () => {
      const key = head.dataset.k;
      change({ sort: state.sort === key ? `-${key}` : state.sort === `-${key}` ? "" : key });
    });
    head.dataset.h = head.textContent;
    head.replaceChildren(button);
  }

  const count = (number) => number.toLocaleString("en-US");
  const chip = (key) => {
    const button = make("button", `${key}: ${state[key]} \u00d7`, { type: "button" });
    button.setAttribute("aria-label", `Remove the filter ${key}: ${state[key]}`);
    button.addEventListener("click", () => { change({ [key]: "" }); search.focus(); });
    return button;
  };
  const nothing = () => {
    const words = wanted();
    const others = rows.filter((row) => matches(row, words)).length;
    const cell = make("td", "Nothing matches. ", { colSpan: columns.length, className: "hint" });
    if (others) {
      const more = make("button", `Show ${count(others)} among the other reports`, { type: "button" });
      more.addEventListener("click", () => { change({ show: "all" }); search.focus(); });
      cell.append(more);
    }
    const tr = document.createElement("tr");
    tr.append(cell);
    return tr;
  };

  let found = [];
  const paint = (paper = false) => {
    const last = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(Math.max(1, Number.parseInt(state.page, 10) || 1), last);
    state.page = String(page);
    const from = (page - 1) * PAGE;
    const shown = paper ? found.slice(0, PAPER) : found.slice(from, from + PAGE);
    body.replaceChildren(...(shown.length ? shown.map(element) : [nothing()]));
    place.textContent = `${count(found.length ? from + 1 : 0)}\u2013${count(Math.min(from + PAGE, found.length))} of ${count(found.length)}`;
    back.disabled = page === 1;
    next.disabled = page === last;
    pages.hidden = last === 1;
  };
  const apply = () => {
    found = selected();
    for (const head of heads) {
      const key = head.dataset.k;
      const sorted = state.sort === key ? "ascending" : state.sort === `-${key}` ? "descending" : null;
      if (sorted) { head.setAttribute("aria-sort", sorted); } else { head.removeAttribute("aria-sort"); }
    }
    if (search.value !== state.q) { search.value = state.q; }
    show.value = state.show;
    chips.replaceChildren(...["owner", "collection"].filter((key) => state[key]).map(chip));
    clear.disabled = Object.keys(START).every((key) => key === "page" || state[key] === START[key]);
    const whole = rows.filter(IN_SHOW[state.show]).length;
    const noun = SHOWS.find(([value]) => value === state.show)[1].toLowerCase();
    status.textContent = `${count(found.length)} of ${count(whole)} reports (${noun})`;
    paint();
  };
  const change = (part) => {
    state = { ...state, page: "1", ...part };
    apply();
    write();
  };
  search.addEventListener("input", () => change({ q: search.value }));
  show.addEventListener("change", () => change({ show: show.value }));
  clear.addEventListener("click", () => { change(START); search.focus(); });
  const turn = (by) => {
    change({ page: String(Number(state.page) + by) });
    table.scrollIntoView();
  };
  back.addEventListener("click", () => turn(-1));
  next.addEventListener("click", () => turn(1));

  /* Links of the page that filter: figures, owners, collections. */
  const title = document.getElementById("reports-head");
  const arrive = () => { title.scrollIntoView(); title.focus({ preventScroll: true }); };
  for (const link of document.querySelectorAll("[data-filter]")) {
    link.setAttribute("href", `#${link.dataset.filter}`);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) { return; }
      event.preventDefault();
      location.hash = link.dataset.filter;
      if (read()) { apply(); arrive(); }
    });
  }
  addEventListener("hashchange", () => { if (read() || !location.hash) { apply(); } });

  /* CSV: every cell quoted, and none that a spreadsheet would take for a formula. */
  const quoted = (value) => `"${(/^[\s\u200b-\u200f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
  const csvRow = (row) => {
    const tr = element(row);
    const url = tr.cells[0].querySelector("a")?.href ?? "";
    const cells = columns.map((column, at) => {
      const cell = tr.cells[at];
      const date = cell.querySelector("time");
      if (date) { return date.dateTime; }
      const text = [...cell.childNodes].map((node) => (node.nodeName === "BR" ? "; " : node.textContent)).join("");
      return text === "\u2013" ? "" : text;
    });
    return [tr.dataset.r, url, ...cells].map(quoted).join(",");
  };
  const csv = () => [
    ["id", "url", ...heads.map((head) => head.textContent)].map(quoted).join(","), ...found.map(csvRow),
  ].join("\r\n");
  copy.addEventListener("click", async () => {
    const text = csv();
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = `${count(found.length)} rows copied`;
    } catch {
      const area = make("textarea", "", { value: text, readOnly: true });
      area.setAttribute("aria-label", "The rows as CSV");
      controls.after(area);
      area.addEventListener("blur", () => area.remove());
      area.select();
      status.textContent = "Press Ctrl+C to copy the rows below";
    }
  });

  /* Paper takes the rows of the filter, and says which filter it was. */
  addEventListener("beforeprint", () => {
    controls.classList.add("printed");
    const words = state.q ? `, matching \u201c${state.q}\u201d` : "";
    const cut = found.length > PAPER ? `, of which the first ${count(PAPER)} are printed` : "";
    paper.textContent = status.textContent + words + cut;
    paint(true);
  });
  addEventListener("afterprint", () => { controls.classList.remove("printed"); paint(); });

  controls.hidden = false;
  const asked = read();
  apply();
  document.documentElement.classList.add("ready");
  if (asked) { arrive(); }
})();
