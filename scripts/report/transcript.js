"use strict";
// The console with a head for each state, and the search through it.

function transcriptPart(r, lines) {
  const rows = [];
  const box = el("div", { class: "console", id: "console" }, blocksOf(r, lines).map((b) => blockNode(r, b, rows)));
  return part("transcript", "Transcript", el("p", {}, transcriptWords(r)), searchBar(box, rows), box);
}

function transcriptWords(r) {
  const kept = list(r.data.console).reduce((sum, piece) => sum + text(object(piece).bytes).length, 0);
  return `What the guest sent, ${bytes(r.consoleBytes)}, without escape sequences; the times are those of the wall's clock.` +
    (kept < r.consoleBytes ? ` Of it ${bytes(kept)} are here, its beginning and its end.` : "");
}

// Lines from a state's first byte to the next one's; states in which nothing was printed are heads without lines.
function blocksOf(r, lines) {
  const blocks = [{ states: [], lines: [] }];
  let i = 0;
  for (const s of r.states) {
    for (; i < lines.length && lines[i].at < s.out; i++) blocks.at(-1).lines.push(lines[i]);
    const last = blocks.at(-1);
    // A line may begin before the state does and end in it (a prompt): it stays where it begins.
    if (last.lines.length === 0 && last.states.every((x) => x.dialogue === "runbook")) last.states.push(s);
    else blocks.push({ states: [s], lines: [] });
  }
  blocks.at(-1).lines.push(...lines.slice(i));
  return blocks.filter((b) => b.states.length + b.lines.length > 0);
}

function blockNode(r, block, rows) {
  const head = block.states.at(-1);
  const before = block.states.slice(0, -1).map((s) => el("span", { class: "anchor", id: s.id }));
  const typed = head ? typedIn(r, head) : [];
  return el("div", { class: `block ${head && !head.title ? "plain" : ""}`, id: head ? head.id : "at-0" }, before,
    head ? el("h3", {}, el("a", { href: `#${head.id}` }, head.step ? `Step ${head.step}: ` : "", head.title || head.name),
      el("span", { class: "soft" }, [head.title ? head.name : "", seconds(head.begin, 2),
        head.guest === null ? "" : `guest's ${seconds(head.guest, 2)}`].filter(Boolean).join(" · ")),
      typed.length > 0 ? el("span", { class: "soft" }, "typed: ", el("code", {}, typed.join("  "))) : null) : null,
    block.lines.map((line) => lineNode(r, line, rows)));
}

// What was typed in a state, unless it is long: the console shows it.
function typedIn(r, s) {
  return r.of("typed").filter((e) => number(e.t) >= s.begin && number(e.t) < s.end).map((e) => visible(text(e.text)))
    .filter((t) => t.length > 0 && t.length < 40).slice(0, 6);
}

function visible(typed) {
  return typed.replace(/[\x00-\x1f\x7f]/g, (c) => `^${String.fromCharCode((c.charCodeAt(0) + 64) & 127)}`);
}

function lineNode(r, line, rows) {
  if (line.gap) return el("p", { class: "left-out" }, `${bytes(line.gap)} of the console are left out here; the recording's output.log has them.`);
  const t = timeOfByte(r, line.at);
  const shown = el("span", {}, line.runs.map((run) => run.style ? el("span", { class: run.style }, run.text) : run.text));
  const node = el("div", { class: line.kernel ? "row kernel" : "row" }, el("time", {}, t === null ? "" : t.toFixed(2)), shown);
  rows.push({ node, shown, text: line.text, kernel: line.kernel });
  return node;
}

function searchBar(box, rows) {
  const input = el("input", { type: "search", id: "search", placeholder: "Search the transcript", "aria-label": "Search the transcript",
                              autocomplete: "off", spellcheck: "false" });
  const told = el("output", { class: "small soft", id: "found", "aria-live": "polite" });
  const search = { box, rows, input, told, hits: [], at: -1 };
  const button = (name, label, by) => el("button", { type: "button", "aria-label": label, title: label, on: { click: () => goToHit(search, by) } }, name);
  const check = (id, label, on, act) => el("label", { class: "check" }, el("input", { type: "checkbox", id, checked: on,
    on: { change: (event) => act(event.target.checked) } }), label);
  input.addEventListener("input", () => find(search));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") goToHit(search, event.shiftKey ? -1 : 1);
    if (event.key === "Escape") {
      input.value = "";
      find(search);
    }
    if (event.key === "Enter" || event.key === "Escape") event.preventDefault();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(?:INPUT|TEXTAREA)$/.test(document.activeElement?.tagName)) return;
    event.preventDefault();
    input.focus();
  });
  return el("div", { class: "search", role: "search" }, input, button("↑", "The hit before (Shift and Enter)", -1),
    button("↓", "The next hit (Enter)", 1), told,
    check("only-hits", "only lines that match", false, (on) => box.classList.toggle("only-hits", on)),
    check("kernel-lines", "kernel lines", true, (on) => {
      box.classList.toggle("no-kernel", !on);
      find(search);
    }));
}

// Every line that has the words, in either case; what is between slashes is a regular expression.
function find(search) {
  const { box, rows, input, told } = search;
  for (const hit of search.hits) hit.row.node.classList.remove("hit", "now");
  box.querySelectorAll(".has-hit").forEach((node) => node.classList.remove("has-hit"));
  search.hits = [];
  search.at = -1;
  const wanted = input.value;
  let pattern = null;
  try {
    const slashes = /^\/(.+)\/$/.exec(wanted);
    pattern = wanted ? new RegExp(slashes ? slashes[1] : wanted.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "gi") : null;
  } catch {
    told.textContent = "This is no regular expression.";
    mark(search);
    return;
  }
  for (const row of pattern ? rows : []) {
    if (row.kernel && box.classList.contains("no-kernel")) continue;
    for (const m of row.text.matchAll(pattern))
      if (m[0] !== "") search.hits.push({ row, from: m.index, to: m.index + m[0].length });
  }
  for (const hit of search.hits) {
    hit.row.node.classList.add("hit");
    hit.row.node.parentElement.classList.add("has-hit");
  }
  told.textContent = !wanted ? "" : search.hits.length > 0 ? count(search.hits.length, "hit") : "No hit";
  mark(search);
}

function goToHit(search, by) {
  const n = search.hits.length;
  if (n === 0) return;
  search.hits[search.at]?.row.node.classList.remove("now");
  search.at = search.at < 0 && by < 0 ? n - 1 : (search.at + by + n) % n;
  const { node } = search.hits[search.at].row;
  node.classList.add("now");
  node.scrollIntoView({ block: "center" });
  search.told.textContent = `${search.at + 1} of ${count(n, "hit")}`;
  mark(search);
}

// The words themselves, where the browser can colour a part of a text without an element of its own.
function mark(search) {
  if (!globalThis.CSS?.highlights) return;
  const ranges = search.hits.slice(0, 5000).map((hit) => rangeIn(hit.row.shown, hit.from, hit.to));
  CSS.highlights.set("found", new Highlight(...ranges.filter((range, i) => i !== search.at)));
  CSS.highlights.set("found-now", new Highlight(...ranges.filter((range, i) => i === search.at)));
}

function rangeIn(node, from, to) {
  const range = new Range();
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let t = texts.nextNode(); t; t = texts.nextNode()) {
    if (from >= at && from <= at + t.length) range.setStart(t, from - at);
    if (to >= at && to <= at + t.length) range.setEnd(t, to - at);
    at += t.length;
  }
  return range;
}
