"use strict";
// mdev's log: one mdev process for each event of the kernel, their times, and what each did to a node.

// {processes: [{seq, action, subsystem, device, begin, end, waited, timedOut, works: [{t, kind, node}]}]}, in seconds of the
// guest's day, in the log's order. Only a process' first line and its last have a time: what stands between lines with a
// time happened between these times.
function readMdevLog(log) {
  const processes = new Map();
  const all = [];
  const open = [];
  let now = null;
  let day = 0;
  for (const line of text(log).split("\n")) {
    const m = /^mdev\[(\d+)\]: (?:(\d\d):(\d\d):(\d\d\.\d+) )?(.*)$/.exec(line);
    if (!m) continue;
    const seq = Number(m[1]);
    let t = m[2] === undefined ? null : Number(m[2]) * 3600 + Number(m[3]) * 60 + Number(m[4]) + day;
    if (t !== null && now !== null && t < now - 43200) {
      day += 86400; // midnight
      t += 86400;
    }
    if (t !== null) {
      now = Math.max(t, now ?? t);
      for (const work of open.splice(0)) work.t = Math.min((work.t + now) / 2, now);
    }
    const said = m[5];
    const event = /^ACTION:(\S+) SEQNUM:\S+ SUBSYSTEM:(\S+) DEVNAME:(\S+) DEVPATH:(.*)$/.exec(said);
    if (event && t !== null) {
      const device = event[3] === "(null)" ? event[4].split("/").at(-1) : event[3];
      const p = { seq, action: event[1], subsystem: event[2], device, named: event[3] !== "(null)", path: event[4], begin: t, end: null,
                  waited: false, timedOut: false, works: [] };
      processes.set(seq, p);
      all.push(p);
    }
    const p = processes.get(seq);
    if (!p) continue;
    if (said === "exiting" && t !== null) p.end = Math.max(t, p.begin);
    else if (/^mdev\.seq='.*', need /.test(said)) p.waited = true;
    else if (/^timed out/.test(said)) p.timedOut = true;
    const work = /^(mknod|unlink:) (\S+)/.exec(said);
    if (work) {
      const w = { t: Math.max(now ?? p.begin, p.begin), kind: work[1] === "mknod" ? "made" : "removed", node: work[2], process: p };
      p.works.push(w);
      open.push(w);
    }
  }
  for (const p of all) p.end ??= Math.max(p.begin, ...p.works.map((w) => w.t));
  return { processes: all };
}

// Of each node, what was done to it although a later event's work on it was done already: mdev's events out of order.
function outOfOrder(log) {
  const late = [];
  const newest = new Map();
  const works = log.processes.flatMap((p) => p.works).sort((a, b) => a.t - b.t);
  for (const w of works) {
    const before = newest.get(w.node);
    if (before && before.process.seq > w.process.seq) late.push({ work: w, after: before });
    else newest.set(w.node, w);
  }
  return late;
}

// How many processes ended after one of a later event had ended.
function overtaken(log) {
  let most = -1;
  let n = 0;
  for (const p of [...log.processes].sort((a, b) => a.end - b.end)) {
    if (p.seq < most) n++;
    most = Math.max(most, p.seq);
  }
  return n;
}

// What is to be added to mdev's times to get the recording's. The guest's clock is set to whole seconds when it boots, so
// that the moment in which fdisk wrote the table corrects it: the first event of a partition lies within that state.
function mdevShift(r, log) {
  const wall = new Date(text(r.start.wall));
  const partitions = new RegExp(`^${r.partition.disk}\\d+$`);
  const first = log.processes.find((p) => p.subsystem === "block" && partitions.test(p.device) && p.action === "remove") ?? null;
  const write = r.states.find((s) => s.dialogue === "fdisk" && s.state === "write");
  let shift = Number.isNaN(wall.getTime()) ? null
    : -((wall.getUTCHours() * 60 + wall.getUTCMinutes()) * 60 + wall.getUTCSeconds() + wall.getUTCMilliseconds() / 1000);
  const start = log.processes[0]?.begin ?? 0;
  if (shift !== null && start + shift < -43200) shift += 86400; // the run went past midnight
  if (first && write) {
    const rough = first.begin + (shift ?? write.begin - first.begin);
    shift = (shift ?? 0) + clamp(rough, write.begin, Math.max(write.end, write.begin)) - rough;
    if (Math.abs(first.begin + shift - write.begin) > 43200) shift = write.begin - first.begin;
  }
  return shift === null ? -start : shift;
}

// When the partition's node was there: [{from, to, is: "there"|"gone"|"unknown", why, again}], by mdev's log and by what the
// driver saw when it looked. processes: mdev's, in the recording's time.
function nodeHistory(r, lines, processes) {
  const changes = processes.flatMap((p) => p.works).filter((w) => w.node === r.partition.node)
    .map((w) => ({ t: w.t, is: w.kind === "made" ? "there" : "gone", why: `mdev, event ${w.process.seq}` }));
  for (const s of r.states.filter((x) => x.dialogue === "nodes" && x.state === "rest" && x.outEnd > x.out)) {
    const seen = consoleText(lines, s.out, s.outEnd).some((l) => l.startsWith("b") && l.endsWith(`/dev/${r.partition.node}`));
    changes.push({ t: s.end, is: seen ? "there" : "gone", why: seen ? "seen by ls" : "not seen by ls", seen: true });
  }
  // What the next look sees was there when mdev -s had ended.
  for (const s of r.states.filter((x) => x.dialogue === "nodes" && x.state === "make")) {
    const look = changes.find((c) => c.seen && c.t > s.end);
    if (look && look.is === "there") changes.push({ t: s.end, is: "there", why: "mdev -s" });
  }
  // The kernel sends `remove` of what was there.
  const first = processes.filter((p) => p.device === r.partition.node).sort((a, b) => a.seq - b.seq)[0];
  const removed = first && first.action === "remove" && !changes.some((c) => c.t < first.begin);
  if (removed) {
    const named = new RegExp(`\\b${r.partition.disk}:(?: .*)? ${r.partition.node}\\b`);
    const found = r.of("kernel").find((e) => number(e.t) < first.begin && named.test(text(e.text)));
    const since = found ? number(found.t) : r.states.find((s) => s.dialogue === "target")?.begin;
    if (since !== undefined && since < first.begin) changes.push({ t: since, is: "there", why: "found by the kernel" });
    changes.push({ t: first.begin, is: "unknown", why: "" });
  }
  changes.sort((a, b) => a.t - b.t);
  const history = [];
  let now = { from: 0, is: "unknown", why: "" };
  for (const c of changes) {
    if (c.is === now.is) continue;
    history.push({ ...now, to: c.t, ended: c.why });
    now = { from: c.t, is: c.is, why: c.why };
  }
  history.push({ ...now, to: r.states.at(-1)?.end ?? r.last });
  return history.filter((h) => h.to > h.from || h.is === "gone");
}
