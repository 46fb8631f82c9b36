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

const FAILURE_SHOWN = ["t", "type", "id", "code", "what", "next", "stage", "state", "awaited", "waited", "guest_waited", "partial", "last"];

function failurePart(r) {
  const f = r.failure;
  if (!f) return null;
  const state = r.states.findLast((s) => s.begin <= number(f.t));
  const deaths = r.of("death").map((d) => `${text(d.text)} (${text(d.row)})`);
  const typed = r.of("typed").filter((e) => number(e.t) <= number(f.t)).at(-1);
  const kernel = r.of("kernel").filter((e) => number(e.t) <= number(f.t)).slice(-8).map((e) => text(e.text));
  const waited = typeof f.waited === "number" ? `${seconds(f.waited)}, by the guest's clock ${seconds(f.guest_waited)}` : "";
  const rest = Object.entries(f).filter(([name]) => !FAILURE_SHOWN.includes(name));
  return part("diagnosis", "What went wrong",
    el("div", { class: "card bad" }, el("p", {}, el("strong", {}, sentence(text(f.what)))), f.next ? el("p", {}, sentence(text(f.next))) : null),
    facts([["Exit code", `${text(f.code)} (${text(f.id)})`], ["The disk", text(f.stage)],
      ["State", state ? el("a", { href: `#${state.id}` }, text(f.state) || state.name) : text(f.state)], ["Waited for", text(f.awaited)],
      ["Waited", waited], ["Typed last", typed ? el("code", {}, text(typed.text)) : ""], ["The death table", deaths.join("; ")]]),
    partials(list(f.partial)),
    text(f.last) ? [el("h3", {}, "The console's last lines"), el("pre", { class: "words" }, text(f.last))] : null,
    kernel.length > 0 ? [el("h3", {}, "The kernel's last lines"), el("pre", { class: "words" }, kernel.join("\n"))] : null,
    rest.length > 0 ? el("details", {}, el("summary", {}, "More"), el("pre", { class: "words" },
                         JSON.stringify(Object.fromEntries(rest), null, 2))) : null);
}

function sentence(words) {
  return words ? `${words[0].toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}` : "";
}

// How far each awaited pattern had matched.
function partials(rows) {
  if (rows.length === 0) return null;
  return table("How far what was awaited had come", [{ name: "pattern" }, { name: "bytes matched", number: true }, { name: "from byte", number: true }],
    rows.map((p) => [el("code", {}, text(object(p).pattern)), text(object(p).matched), text(object(p).begin)]), { class: "stacks" });
}
