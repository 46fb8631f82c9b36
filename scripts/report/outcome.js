"use strict";
// The head of the page: what came of the run; and, when it failed, why.

function verdict(r) {
  const name = text(r.start.disk).split("/").at(-1) || fromBytes(r.data.folder);
  const before = number(object(r.plan.now).bytes);
  const after = number(object(r.plan.planned).bytes);
  if (r.failure) return { kind: "bad", badge: "Failed", title: `${name} was not grown` };
  if (!r.end) return { kind: "warn", badge: "Cut off", title: `The run on ${name} was cut off` };
  if (number(r.end.code) === 0 && r.proof)
    return { kind: "good", badge: "Grown and proved", title: `${name} grew from ${bytes(before)} to ${bytes(after)}` };
  if (number(r.end.code) === 0) return { kind: "good", badge: "Ended well", title: `A run on ${name}` };
  return { kind: "bad", badge: `Exit code ${number(r.end.code)}`, title: `A run on ${name}` };
}

function headOf(r) {
  const v = verdict(r);
  const wall = new Date(text(r.start.wall));
  const when = Number.isNaN(wall.getTime()) ? "" : `${wall.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  const chip = (name, value) => value ? el("li", { class: "chip" }, `${name} `, el("b", {}, value)) : null;
  document.title = `${v.title} – qemu-grow`;
  return [el("span", { class: `badge ${v.kind}` }, v.badge), el("h1", {}, v.title),
    el("div", { class: "soft" }, [text(r.start.disk), when, `took ${seconds(r.last)}`].filter(Boolean).join(" · ")),
    el("ul", { class: "chips", "aria-label": "Choices" }, chip("attach", text(r.start.attach)), chip("seq", text(r.start.seq)),
       chip("log", text(r.start.log)), text(r.start.attach) === "usb" ? chip("plug", text(r.start.plug)) : null,
       chip("format", text(object(r.plan.image).format)), chip("by", text(r.start.program)))];
}

// What is wrong with the recording itself.
function recordingNotes(r) {
  const left = Object.entries(object(r.data.left_out)).map(([type, n]) => count(number(n), `event of type ${type}`, `events of type ${type}`));
  const notes = [];
  if (!r.end) notes.push("The recording has no end: the run was killed, or is still going on. What came before is all here.");
  if (number(r.data.damaged) > 0) notes.push(`${count(number(r.data.damaged), "line")} of events.jsonl could not be read.`);
  if (left.length > 0) notes.push(`Not on this page, since there are too many: ${left.join(", ")}. The recording has them.`);
  return notes.length > 0 ? el("div", { class: "card warn" }, notes.map((n) => el("p", {}, n))) : null;
}

const FAILURE_SHOWN = ["t", "type", "id", "code", "what", "next", "stage", "dialogue", "state", "step", "awaited", "waited", "guest_waited",
                       "partial", "typed", "prompt", "echo", "kernel", "deaths", "last"];

// Why the run failed; or, of one that was cut off, where it was.
function failurePart(r) {
  if (!r.failure && r.end) return null;
  const f = r.failure ?? { t: r.last };
  const known = (e) => number(e.t) <= number(f.t);
  const state = r.states.findLast((s) => s.begin <= number(f.t));
  const typed = text(f.typed) || text(object(r.of("typed").filter(known).at(-1)).text);
  const kernel = linesOf(f.kernel) || r.of("kernel").filter(known).slice(-8).map((e) => text(e.text)).join("\n");
  const last = linesOf(f.last);
  const rest = Object.entries(f).filter(([name]) => !FAILURE_SHOWN.includes(name));
  const block = (title, words) => words ? [el("h3", {}, title), el("pre", { class: "words" }, words)] : null;
  return part("diagnosis", r.failure ? "What went wrong" : "Where it was cut off",
    r.failure ? el("div", { class: "card bad" }, [text(f.what), text(object(r.data.stages)[text(f.stage)]), text(f.next)].filter(Boolean)
      .map((words, i) => el("p", {}, i === 0 ? el("strong", {}, stopped(words)) : `${words[0].toUpperCase()}${stopped(words.slice(1))}`))) : null,
    facts([["Exit code", r.failure ? `${text(f.code)} (${text(f.id)})` : ""],
      ["State", state ? el("a", { href: `#${state.id}` }, state.title ? `${state.title} (${state.name})` : state.name) : text(f.state)],
      ["Waited for", text(f.awaited)],
      ["Waited", typeof f.waited === "number" ? `${seconds(f.waited)}, by the guest's clock ${seconds(f.guest_waited)}` : ""],
      ["Typed last", typed ? el("code", {}, typed) : ""], ["Its echo", echoWords(object(f.echo))], ["The death table", deathWords(r, f)]]),
    partials(list(f.partial)), block("The console's last lines", last), block("The kernel's last lines", kernel),
    rest.length > 0 && r.failure ? el("details", {}, el("summary", {}, "More"),
                         el("pre", { class: "words" }, JSON.stringify(Object.fromEntries(rest), null, 2))) : null);
}

function linesOf(value) {
  return Array.isArray(value) ? value.map(text).join("\n") : text(value);
}

function stopped(words) {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

function echoWords(echo) {
  return number(echo.of) > 0 ? `${number(echo.stood)} of ${number(echo.of)} bytes were right` : "";
}

function deathWords(r, f) {
  const rows = list(f.deaths).length > 0 ? list(f.deaths) : r.of("death");
  return rows.map(object).map((d) => text(d.text) ? `${text(d.text)} (${text(d.row)})` : text(d.row)).join("; ");
}

// How far each awaited pattern had matched, and what came in place of the rest.
function partials(rows) {
  if (rows.length === 0) return null;
  return table("How far what was awaited had come", [{ name: "pattern" }, { name: "bytes matched", number: true }, { name: "from byte", number: true },
    { name: "which are" }, { name: "then came" }],
    rows.map(object).map((p) => [el("code", {}, text(p.pattern)), text(p.matched), text(p.begin), el("code", {}, text(p.text)),
                                 el("code", {}, text(p.then))]), { class: "stacks" });
}
