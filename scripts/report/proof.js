"use strict";
// The proof: every check with what was planned and what was found, and what it rests on.

function proofPart(r) {
  const p = r.proof;
  if (!p) return null;
  const checks = list(p.checks).map(object);
  const wrong = checks.filter((c) => c.ok !== true);
  const e2fsck = object(p.e2fsck);
  const iso = object(p.iso);
  const good = text(p.outcome) === "proved";
  const rows = [...wrong, ...checks.filter((c) => c.ok === true)].map((c) => [text(c.what) || text(c.name),
    { show: c.ok === true ? "✓ right" : "✗ wrong", class: c.ok === true ? "ok" : "wrong" }, text(c.planned), text(c.found)]);
  const repairs = list(p.repairs).map(text);
  const person = object(p.person);
  return part("proof", "The proof",
    el("p", {}, "The disk, read again on the host when the guest was gone."),
    el("div", { class: `card ${good ? "good" : "bad"}` }, el("strong", {}, good ? `All ${checks.length} checks are right.`
      : wrong.length > 0 ? `${wrong.length} of ${checks.length} checks are wrong.` : `Outcome: ${text(p.outcome)}.`)),
    number(person.visits) > 0 ? el("p", { class: "card warn" }, `A person had the console ${count(number(person.visits), "time")}, at last at ` +
      `${text(person.at)}, and sent ${count(number(person.bytes_sent), "byte")}. What is proved counts.`) : null,
    wrong.length > 0 ? checkTable("What is wrong", rows.slice(0, wrong.length)) : null,
    el("details", { open: wrong.length > 0 ? null : true }, el("summary", {}, "Every check"), checkTable("Planned, and found on the disk", rows)),
    el("div", { class: "columns" },
      el("div", {}, el("h3", {}, "e2fsck -fn on the host"), el("pre", { class: "words" }, text(e2fsck.words) || "It said nothing."),
        el("p", { class: "small soft" }, `exit code ${text(e2fsck.exit_code)}, ${bytes(e2fsck.bytes_read)} read`)),
      el("div", {}, el("h3", {}, "Repairs in the guest"), repairs.length > 0 ? el("ul", {}, repairs.map((x) => el("li", {}, x)))
        : el("p", {}, "e2fsck repaired nothing."), el("h3", {}, "Versions"), facts(Object.entries(object(p.versions)).map(([k, v]) => [k, text(v)])))),
    el("details", {}, el("summary", {}, "Digests, ISO and times"),
      facts([...Object.entries(object(p.digests)).map(([k, v]) => [`SHA-256 of ${k.replace(/_/g, " ")}`, el("code", {}, text(v))]),
        ["ISO", text(iso.how)], ["Alpine", text(iso.alpine)], ["Trust", text(iso.trust)],
        ...Object.entries(object(p.seconds)).map(([k, v]) => [k.replace(/_/g, " "), seconds(v, 3)])])));
}

function checkTable(caption, rows) {
  return table(caption, [{ name: "check" }, { name: "" }, { name: "planned" }, { name: "found" }], rows, { class: "stacks" });
}

// The programs that were started, as they were.
function commandsPart(r) {
  const rows = [...r.of("command"), ...r.of("exit")].sort((a, b) => number(a.t) - number(b.t)).map((e) => [
    seconds(e.t, 2), e.type === "command" ? el("code", {}, list(e.argv).map(quoted).join(" "))
      : `${text(e.argv0)} ended ${e.signal ? `by signal ${text(e.signal)}` : `with exit code ${text(e.code)}`}`]);
  const argv = list(r.start.options).map(quoted).join(" ");
  if (rows.length === 0 && argv === "") return null;
  return part("commands", "Commands", el("p", {}, "What was started on the host."),
    argv ? el("pre", { class: "words" }, argv) : null,
    rows.length > 0 ? table("", [{ name: "at" }, { name: "program" }], rows) : null);
}

function quoted(word) {
  const w = text(word);
  return /^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replace(/'/g, "'\\''")}'`;
}
