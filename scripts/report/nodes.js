"use strict";
// The guest's device nodes: what mdev's log says, close by; what ran out of order; where the partition's node vanished.

// mdev's log in the recording's time, and what follows from it.
function readNodes(r, lines) {
  const log = readMdevLog(fromBytes(r.data.mdev_log));
  const shift = log.processes.length > 0 ? mdevShift(r, log) : 0;
  for (const p of log.processes) {
    p.begin += shift;
    p.end += shift;
    for (const w of p.works) w.t += shift;
  }
  const own = new RegExp(`^${r.partition.disk}\\d*$`);
  return { processes: log.processes, devices: [...new Set(log.processes.map((p) => p.device).filter((d) => own.test(d)))].sort(),
           late: outOfOrder(log), overtaken: overtaken(log), history: nodeHistory(r, lines, log.processes) };
}

function nodesPart(r, mdev) {
  const node = `/dev/${r.partition.node}`;
  const known = mdev.history.some((h) => h.is !== "unknown");
  if (!known && mdev.processes.length === 0) return null;
  return part("nodes", "Device nodes",
    el("p", {}, "The guest's kernel starts one mdev for each event. Without an order (SEQ) they overtake each other: a late ",
       "“remove” takes the node away that a quicker “add” has made."),
    nodeVerdict(r, mdev, node), closeLook(r, mdev), eventTable(r, mdev));
}

function nodeVerdict(r, mdev, node) {
  const gaps = mdev.history.filter((h) => h.is === "gone");
  const told = gaps.map((g) => `${node} vanished at ${seconds(g.from, 2)} (${g.why})` +
    (g.ended ? ` and was back at ${seconds(g.to, 2)} (${g.ended}): gone for ${seconds(g.to - g.from, 2)}.` : " and did not come back."));
  const late = mdev.late.map((l) => `Event ${l.work.process.seq} (${l.work.process.action} ${l.work.node}) did its work ` +
    `${seconds(l.work.t - l.after.t, 3)} after event ${l.after.process.seq} (${l.after.process.action}) had done its own.`);
  const all = mdev.processes.length > 0
    ? `${count(mdev.processes.length, "event")} in mdev's log; ${count(mdev.overtaken, "process", "processes")} ended after that of a later event.` : "mdev kept no log in this run (--log=no); what is told here is what the driver saw.";
  return [el("div", { class: `card ${gaps.some((g) => !g.ended) ? "bad" : gaps.length > 0 ? "warn" : "good"}`, id: "node-verdict" },
    (told.length > 0 ? told : [`${node} did not vanish.`]).map((t) => el("p", {}, el("strong", {}, t))), late.map((t) => el("p", {}, t))),
    el("p", { class: "soft small" }, all)];
}

// The time in which the disk's nodes changed, with one bar for each mdev process, in the order of the kernel's events.
function closeLook(r, mdev) {
  const own = mdev.processes.filter((p) => mdev.devices.includes(p.device));
  const write = r.states.find((s) => s.dialogue === "fdisk" && s.state === "write");
  const moments = own.filter((p) => !write || p.begin >= write.begin - 2);
  const shown = (moments.length > 0 ? moments : own).slice(0, 40);
  if (shown.length === 0) return null;
  const gone = mdev.history.filter((h) => h.is === "gone").flatMap((h) => [h.from, Math.min(h.to, h.from + 3)]);
  const from = Math.min(...shown.map((p) => p.begin), ...gone);
  const to = Math.max(...shown.map((p) => p.end), ...gone);
  const margin = Math.max((to - from) * .06, .02);
  const lanes = [...shown.sort((a, b) => a.seq - b.seq).map((p) => processLane(p, mdev)), presenceLane(r, mdev.history)];
  const view = [from - margin, to + margin * 2];
  const chart = makeChart({ label: "mdev's events on the disk, close by", full: view, view, guest: null, lanes });
  return el("figure", { class: "close-look" }, el("figcaption", {}, el("h3", {}, "Close by, in the order in which the kernel sent them")),
    chart.root, el("p", { class: "soft small" }, "A bar is one mdev, from its first line in the log to its last; the stroke in it is where it made ",
    "or removed the node. mdev's times are the guest's; they are laid on this axis by the moment in which fdisk wrote the table, ",
    "and are right to some tenths of a second."));
}

function processLane(p, mdev) {
  const late = mdev.late.find((l) => l.work.process === p);
  return {
    name: `${p.action} ${p.device}`, note: `event ${p.seq}${p.waited ? ", waited" : ""}${p.timedOut ? ", timed out" : ""}`, height: 24,
    draw(group, x, box) {
      const width = Math.max(x(p.end) - x(p.begin), 3);
      group.append(svg("rect", { class: `process ${eventClass(p.action)}`, x: x(p.begin), y: box.top + 3, width, height: box.height - 6, rx: 3 }),
        svg("rect", { class: eventClass(p.action), x: x(p.begin), y: box.top + 3, width: 2, height: box.height - 6 }));
      for (const w of p.works)
        group.append(svg("rect", { class: eventClass(p.action), x: x(w.t) - 3, y: box.top, width: 6, height: box.height, rx: 2 },
          svg("title", {}, `${w.kind} ${w.node} at ${seconds(w.t, 3)}`)));
      const words = late ? `out of order: ${late.work.kind === "removed" ? "removed" : "made"} after event ${late.after.process.seq}` : "";
      const after = x(Math.max(p.end, ...p.works.map((w) => w.t))) + 8;
      const fits = after + words.length * 6.8 < box.right;
      if (late) group.append(svg("rect", { class: "late", x: x(p.begin) - 1, y: box.top + 1, width: width + 2, height: box.height - 2, rx: 4 }),
        svg("text", { class: "late-text", x: fits ? after : x(p.begin) - 8, y: box.top + 16, "text-anchor": fits ? "start" : "end" }, words));
    },
  };
}

function eventTable(r, mdev) {
  if (mdev.processes.length === 0) return null;
  const late = new Set(mdev.late.map((l) => l.work.process));
  const rows = mdev.processes.map((p) => [
    String(p.seq), p.action, p.device, p.subsystem, seconds(p.begin, 3), seconds(p.end - p.begin, 3),
    { show: [p.works.map((w) => `${w.kind} ${w.node}`).join(", "), late.has(p) ? " (out of order)" : "", p.waited ? " waited" : "",
             p.timedOut ? " timed out" : ""], class: late.has(p) ? "wrong" : null }]);
  const cut = number(r.data.mdev_log_bytes) > text(r.data.mdev_log).length;
  return el("details", {}, el("summary", {}, `All ${count(rows.length, "event")} of mdev's log`),
    cut ? el("p", { class: "soft" }, "The log is longer; the recording has all of it.") : null,
    table("In the log's order", [{ name: "event" }, { name: "action" }, { name: "device" }, { name: "subsystem" },
      { name: "begins", number: true }, { name: "takes", number: true }, { name: "did" }], rows, { class: "stacks" }));
}
