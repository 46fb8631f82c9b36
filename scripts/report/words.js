"use strict";
// What e2fsck and resize2fs said in the guest.

function wordsPart(r, lines) {
  const cards = r.states.filter((s) => ["e2fsck", "resize2fs"].includes(s.dialogue) && s.outEnd > s.out)
    .map((s) => ({ s, said: saidIn(lines, s) })).filter((x) => x.said.length > 0)
    .map(({ s, said }) => el("div", {}, el("h3", {}, el("a", { href: `#${s.id}` }, s.title || s.name),
      el("span", { class: "soft small" }, ` at ${seconds(s.begin, 2)}, ${seconds(s.end - s.begin, 2)}`)), el("pre", { class: "words" }, said.join("\n"))));
  const repairs = r.of("repair").map((e) => `${seconds(e.t, 2)}: ${text(e.what)}`);
  if (cards.length === 0 && repairs.length === 0) return null;
  return part("words", "e2fsck and resize2fs", el("p", {}, "Their words in the guest, without the kernel's lines between them."),
    el("div", { class: "columns" }, cards),
    repairs.length > 0 ? [el("h3", {}, "What the driver had to mend on the line"), el("ul", {}, repairs.map((x) => el("li", {}, x)))] : null);
}

// The lines of a state, without the prompt with its command, whose echo may take several lines, and without the mark that
// tells the command's end.
function saidIn(lines, state) {
  const own = consoleText(lines, state.out, state.outEnd);
  const first = own.findIndex((l) => /^(?:e2fsck|resize2fs) \d/.test(l));
  const from = own.slice(first >= 0 ? first : 0).filter((l) => !/^[a-z]{12}=\d+$/.test(l) && !/^\S*[:~/]\S* *# /.test(l));
  while (from.length > 0 && from.at(-1).trim() === "") from.pop();
  return from;
}
