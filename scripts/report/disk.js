"use strict";
// The disk's map, before and after, to scale, and the table in numbers.

function diskPart(r) {
  const now = object(r.plan.now);
  const then = object(r.plan.planned);
  if (!now.table) return null;
  const whole = Math.max(number(now.bytes), number(then.bytes), 1);
  const done = r.proof && text(r.proof.outcome) === "proved";
  return part("disk", "The disk",
    el("p", {}, `Before, and ${done ? "after, as it was planned and proved" : "as it was planned"}; both to one scale.`),
    diskMap("Before", now, whole, null),
    then.table ? diskMap(done ? "After" : "Planned", then, whole, now) : null,
    el("div", { class: "columns" }, rangeTable("Before", now), then.table ? rangeTable(done ? "After" : "Planned", then) : null),
    keptList(r));
}

function rangesOfDisk(disk) {
  return list(disk.table).map(object).map((row) => ({
    part: number(row.partition, 0), bytes: number(row.bytes), first: number(row.first_sector), last: number(row.last_sector),
    holds: text(row.holds), type: number(row.type), boot: row.boot === true }));
}

// before: the disk's former state, to tell what is new of its last partition.
function diskMap(name, disk, whole, before) {
  const last = number(before ? before.last_partition : disk.last_partition);
  const rows = rangesOfDisk(disk);
  const share = (n) => n / whole * 100;
  const bar = el("div", { class: "bar" });
  bar.style.width = `${share(number(disk.bytes))}%`;
  const add = (cssClass, size, words, title) => {
    const range = el("div", { class: `range ${cssClass}`, title }, share(size) > 1.5 + words.length * .7 ? words : "");
    range.style.width = `${size / Math.max(number(disk.bytes), 1) * 100}%`;
    bar.append(range);
  };
  for (const row of rows) {
    const long = `${row.part}: ${row.holds || "?"}, ${bytes(row.bytes)}`;
    const label = row.part === 0 ? "" : share(row.bytes) > 12 ? long : String(row.part);
    const title = `${row.part ? `partition ${row.part}` : "unused"}, sectors ${row.first} to ${row.last}, ${bytes(row.bytes)}`;
    const old = before && row.part === last ? rangesOfDisk(before).find((x) => x.part === last) : null;
    if (old && row.bytes > old.bytes) {
      add("grown", old.bytes, `${row.part}`, title);
      add("new", row.bytes - old.bytes, `new: ${bytes(row.bytes - old.bytes)}`, title);
    } else {
      add(row.part === 0 ? "unused" : row.part === last ? "grown" : "other", row.bytes, label, title);
    }
  }
  const told = rows.map((row) => `${row.part ? `partition ${row.part}` : "unused"} ${bytes(row.bytes)}`).join(", ");
  return el("div", { class: "map", role: "img", "aria-label": `${name}: ${told}` }, el("div", { class: "name" }, `${name}: ${bytes(disk.bytes)}`), bar);
}

function rangeTable(name, disk) {
  const fs = object(disk.file_system);
  const rows = rangesOfDisk(disk).map((row) => [row.part ? `${row.part}${row.boot ? " *" : ""}` : "unused", String(row.first), String(row.last),
    bytes(row.bytes), row.part ? row.type.toString(16).padStart(2, "0") : "", row.holds]);
  return el("div", {}, table(`${name}, in sectors`, [{ name: "partition" }, { name: "first", number: true }, { name: "last", number: true },
    { name: "size", number: true }, { name: "id" }, { name: "holds" }], rows),
    fs.blocks ? el("p", { class: "small" }, `ext${text(fs.version)}: ${text(fs.blocks)} blocks of ${text(fs.block_bytes)} bytes, ${bytes(fs.bytes)}, `,
                   count(number(fs.groups), "block group")) : null);
}

function keptList(r) {
  const kept = list(r.plan.kept).map(text);
  const reasons = list(r.plan.reasons).map(object);
  return [kept.length > 0 ? el("details", {}, el("summary", {}, "What stays as it was"), el("ul", {}, kept.map((k) => el("li", {}, k)))) : null,
    reasons.length > 0 ? el("ul", {}, reasons.map((x) => el("li", {}, `${text(x.severity)}: ${text(x.what)} (${text(x.code)})`))) : null];
}
