"use strict";
// The run on one axis: steps, states, console, disk, the guest's device nodes.

function timelinePart(r, lines, mdev) {
  const readout = el("output", { class: "readout" });
  const rest = "Point at the time line to read it; drag over a part of it, or press + and −, to come closer.";
  readout.textContent = rest;
  const chart = makeChart({
    label: "Time line of the run", full: [0, r.last], view: [0, r.last], guest: (t) => guestClock(r, t),
    lanes: [stepsLane(r), statesLane(r), ...personLanes(r), consoleLane(r), ...diskLanes(r), ...nodeLanes(r, mdev)],
    failures: r.failure ? [number(r.failure.t)] : [],
    onMove: (t) => readout.replaceChildren(...told(r, t)),
  });
  return part("timeline", "Time line",
    el("p", {}, timelineWords(r)),
    r.person.length > 0 ? el("ul", { id: "person" }, r.person.map((p) => el("li", {},
      `A person ${personWords(p)}, from ${seconds(p.from)} to ${seconds(p.to)}.`))) : null,
    chartTools(chart, rangesOf(r)), chart.root, readout, legend(r, mdev),
    stepTable(r));
}

function timelineWords(r) {
  guestClock(r, 0); // has them gathered
  const guest = Math.max(0, ...r.clocks.map((c) => c[1]));
  return `${count(r.steps.length, "step")} and ${count(r.states.length, "state")} in ${seconds(r.last)}` +
    (guest > 0 ? `; the guest's own clock, which stands still while QEMU gets no processor, came to ${seconds(guest)}` : "") +
    ". The console, what QEMU read and what it wrote are drawn to a logarithmic scale.";
}

// What the buttons show.
function rangesOf(r) {
  const ranges = [["Whole run", 0, r.last]];
  const of = (...names) => r.states.filter((s) => names.includes(s.dialogue));
  const add = (name, states) => {
    if (states.length === 0) return;
    const from = states[0].begin;
    const to = states.at(-1).end;
    const margin = Math.max((to - from) * .04, .05);
    ranges.push([name, from - margin, to + margin]);
  };
  add("Boot to login", of("boot", "single", "init", "login"));
  add("fdisk to resize2fs", of("fdisk", "nodes", "e2fsck", "resize2fs"));
  return ranges;
}

// What happens at a time.
function told(r, t) {
  const state = r.states.find((s) => s.begin <= t && t < s.end);
  const step = r.steps.find((s) => s.begin <= t && t < s.end);
  const clock = guestClock(r, t);
  return [el("b", {}, seconds(t, 2)), clock === null ? "" : `, the guest's ${seconds(clock, 2)}`,
          step ? `: ${step.step ? `step ${step.step}, ` : ""}${step.title}` : "", state ? ` (${state.name})` : ""];
}

function stepsLane(r) {
  return {
    name: "Steps", note: "of the runbook", height: 34,
    draw(group, x, box) {
      for (const s of r.steps) {
        const width = Math.max(x(s.end) - x(s.begin), 1.5);
        const label = s.step || (s.host ? "host" : "");
        const long = `${s.step ? `${s.step} ` : ""}${s.title}`;
        const shown = width > long.length * 6.6 + 8 ? long : width > label.length * 7 + 4 ? label : "";
        const whole = [svg("title", {}, `${long}: ${seconds(s.begin, 2)} to ${seconds(s.end, 2)}`),
          svg("rect", { class: "step", x: x(s.begin), y: box.top + .5, width, height: box.height - 1, rx: Math.min(4, width / 3) }),
          shown ? svg("text", { x: Math.max(x(s.begin), box.left) + 4, y: box.top + 21, "pointer-events": "none" }, shown) : null];
        group.append(s.states.length > 0 ? svg("a", { href: `#${s.id}`, "aria-label": long, tabindex: -1 }, whole)
                                         : svg("g", {}, whole));
      }
    },
  };
}

function statesLane(r) {
  return {
    name: "States", note: "", height: 16,
    draw(group, x, box) {
      for (const s of r.states) {
        const width = Math.max(x(s.end) - x(s.begin), .7);
        group.append(svg("a", { href: `#${s.id}`, "aria-label": s.name, tabindex: -1 },
          svg("title", {}, `${s.name}: ${seconds(s.begin, 2)}, for ${seconds(s.end - s.begin, 2)}`),
          svg("rect", { class: `state ${s.i % 2 ? "even" : ""}`, x: x(s.begin), y: box.top, width, height: box.height })));
      }
    },
  };
}

// When a person had the console, and was asked.
function personLanes(r) {
  if (r.person.length === 0) return [];
  return [{
    name: "A person", note: "at the console", height: 16,
    draw(group, x, box) {
      for (const p of r.person)
        group.append(svg("rect", { class: p.console ? "person" : "asked", x: x(p.from), y: box.top + .5, height: box.height - 1,
                                   width: Math.max(x(p.to) - x(p.from), 2), rx: 3 },
          svg("title", {}, `${personWords(p)}: ${seconds(p.from, 2)} to ${seconds(p.to, 2)}`)));
    },
  }];
}

function personWords(p) {
  return p.console ? `had the console at ${p.at}, and sent ${count(p.keys, "byte")}` : `was asked before ${p.at}`;
}

function consoleLane(r) {
  const pieces = r.timing.map(([t, sum], i) => ({ t, n: sum - (i > 0 ? r.timing[i - 1][1] : 0) }));
  return {
    name: "Console", note: `${bytes(r.consoleBytes)} in all`, height: 44,
    draw(group, x, box, [from, to]) {
      const bins = Math.max(Math.floor((box.right - box.left) / 3), 1);
      const sums = new Array(bins).fill(0);
      for (const p of pieces)
        if (p.t >= from && p.t <= to) sums[Math.min(Math.floor((p.t - from) / (to - from) * bins), bins - 1)] += p.n;
      const most = Math.max(...sums);
      sums.forEach((n, i) => {
        if (n === 0) return;
        const tall = Math.max(box.height * logarithmic(n, most), 2);
        const each = (box.right - box.left) / bins;
        group.append(svg("rect", { class: "output", x: box.left + i * each, y: box.bottom - tall, width: Math.max(each - .6, .6),
                                   height: tall }));
      });
    },
  };
}

function diskLanes(r) {
  const usage = r.of("usage");
  if (usage.length < 2) return [];
  const total = (member) => bytes(Math.max(...usage.map((e) => number(e[member]))));
  return [
    barsLane("Read", () => `${total("read")} by QEMU`, rates(usage, "read"), "read", logarithmic),
    barsLane("Written", () => `${total("written")} by QEMU`, rates(usage, "written"), "written", logarithmic),
    barsLane("Processor", (most) => `at most ${(most * 100).toFixed(0)} %`, rates(usage, "cpu"), "cpu", linear),
  ];
}

// mdev's events per device, and the partition's node.
function nodeLanes(r, mdev) {
  const lanes = [];
  if (mdev.devices.length > 0) {
    for (const device of mdev.devices) lanes.push(eventsLane(device, mdev.processes.filter((p) => p.device === device)));
    const others = mdev.processes.filter((p) => !mdev.devices.includes(p.device));
    if (others.length > 0) lanes.push(eventsLane("others", others, `${new Set(others.map((p) => p.path)).size}`));
  }
  if (mdev.history.some((h) => h.is !== "unknown")) lanes.push(presenceLane(r, mdev.history));
  return lanes;
}

function eventsLane(name, processes, note) {
  return {
    name: `mdev: ${name}`, note: note ?? "", height: 14,
    draw(group, x, box) {
      for (const p of processes)
        group.append(svg("rect", { class: eventClass(p.action), x: x(p.begin), y: box.top, height: box.height,
                                   width: Math.max(x(p.end) - x(p.begin), 2) },
          svg("title", {}, `${p.action} ${p.device} (event ${p.seq}): ${seconds(p.begin, 3)}, for ${seconds(p.end - p.begin, 3)}`)));
    },
  };
}

function eventClass(action) {
  return ["add", "remove", "change"].includes(action) ? action : "other-event";
}

function presenceLane(r, history) {
  return {
    name: `/dev/${r.partition.node}`, note: "is it there?", height: 24,
    draw(group, x, box) {
      for (const h of history) {
        const width = Math.max(x(h.to) - x(h.from), 2);
        const words = h.is === "gone" ? `gone for ${seconds(h.to - h.from)}` : h.is === "there" ? "there" : "";
        group.append(svg("rect", { class: h.is, x: x(h.from), y: box.top + .5, width, height: box.height - 1, rx: 3 },
          svg("title", {}, `${h.is}: ${seconds(h.from, 2)} to ${seconds(h.to, 2)}`)));
        const begin = Math.max(x(h.from), box.left) + 6;
        if (words && Math.min(x(h.to), box.right) - begin > words.length * 6.8)
          group.append(svg("text", { class: `${h.is}-text`, x: begin, y: box.top + 16 }, words));
      }
    },
  };
}

function legend(r, mdev) {
  if (mdev.history.length === 0 && mdev.processes.length === 0 && r.person.length === 0) return null;
  const item = (name, words) => el("li", {}, el("i", { class: name }), words);
  return el("ul", { class: "legend" },
    mdev.processes.length > 0 ? [item("add", "add"), item("remove", "remove"), item("change", "change and others")] : null,
    mdev.history.length > 0 || mdev.processes.length > 0 ? [item("there", "the node is there"), item("gone", "the node is gone")] : null,
    r.person.length > 0 ? [item("person", "a person has the console"), item("asked", "and is asked")] : null);
}

// What the picture shows, as a table.
function stepTable(r) {
  const clocks = (s) => s.states.length > 0 && s.states[0].guest !== null ? seconds(s.states[0].guest, 2) : "";
  const rows = r.steps.map((s) => [
    s.states.length > 0 ? el("a", { href: `#${s.id}` }, s.title) : s.title,
    { show: s.step || (s.host ? "host" : "–"), class: "tag" }, seconds(s.begin, 2), clocks(s), seconds(s.end - s.begin, 2), stateLinks(s)]);
  return table("The steps; each leads to its place in the transcript.",
    [{ name: "Step" }, { name: "No." }, { name: "begins", number: true }, { name: "guest's clock", number: true },
     { name: "takes", number: true }, { name: "states" }], rows, { class: "stacks steps" });
}

function stateLinks(step) {
  const links = step.states.map((s) => [el("a", { href: `#${s.id}`, class: "small" }, s.name), " "]);
  return links.length > 4 ? el("details", {}, el("summary", { class: "small" }, count(step.states.length, "state")), links)
                          : el("span", {}, links);
}
