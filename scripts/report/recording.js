"use strict";
// The recording as the page needs it: events by type, states and steps with their times, and what lies where in time.

function readRecording(data) {
  const events = list(data.events).filter((e) => typeof object(e).type === "string");
  const of = (type) => events.filter((e) => e.type === type);
  const one = (type) => of(type).at(-1);
  const start = object(of("start")[0]);
  const plan = object(object(of("plan").at(-1)).plan);
  const end = one("end");
  const last = Math.max(0.001, ...events.map((e) => number(e.t)), ...list(data.timing).map((pair) => number(list(pair)[0])),
                        number(object(end).seconds));
  const r = { data, events, of, start, plan, end, failure: one("failure"), last };
  const proof = one("proof");
  r.proof = proof ? object(proof.proof ?? proof) : null;
  r.consoleBytes = number(data.console_bytes);
  r.timing = list(data.timing).map((pair) => [number(list(pair)[0]), number(list(pair)[1])]);
  // Without timing.log, what the events say of it.
  if (r.timing.length === 0)
    r.timing = events.filter((e) => typeof e.out === "number" && e.type !== "kernel").map((e) => [number(e.t), e.out]);
  r.states = statesOf(r);
  r.steps = stepsOf(r);
  r.partition = partitionOf(r);
  r.person = personOf(r);
  return r;
}

// Each state with its end, which is where the next begins, in seconds and in bytes of the console.
function statesOf(r) {
  const states = r.of("state").map((e, i) => ({
    i, id: `at-${i + 1}`, name: `${text(e.dialogue)}/${text(e.state)}`, dialogue: text(e.dialogue), state: text(e.state),
    step: text(e.step), title: text(e.title), begin: number(e.t), out: clamp(number(e.out), 0, r.consoleBytes),
    guest: typeof e.guest_clock === "number" ? e.guest_clock : null,
  }));
  for (let i = 0; i < states.length; i++) {
    const next = states[i + 1];
    states[i].end = Math.max(states[i].begin, next ? next.begin : endOfGuest(r, states[i].begin));
    states[i].outEnd = Math.max(states[i].out, next ? next.out : r.consoleBytes);
  }
  return states;
}

// The last state ends when QEMU does, or when nothing is heard any more.
function endOfGuest(r, from) {
  const exit = r.of("exit").find((e) => /qemu-system/.test(text(e.argv0)) && number(e.t) >= from);
  const heard = r.timing.length > 0 ? r.timing.at(-1)[0] : from;
  const failed = r.failure ? number(r.failure.t) : 0;
  return exit ? number(exit.t) : Math.max(from, heard, failed);
}

// Steps of the runbook: a state with a title begins one. What the host does before and after has no state.
function stepsOf(r) {
  const steps = [];
  for (const s of r.states) {
    if (s.title && !(steps.at(-1) && steps.at(-1).title === s.title && steps.at(-1).step === s.step))
      steps.push({ id: s.id, step: s.step, title: s.title, begin: s.begin, end: s.end, states: [s], host: false });
    else if (steps.length > 0) {
      steps.at(-1).end = s.end;
      steps.at(-1).states.push(s);
    }
  }
  // A state of the runbook's own dialogue says where to go on: it belongs to what comes.
  for (let i = 0; i + 1 < steps.length; i++)
    while (steps[i].states.length > 1 && steps[i].states.at(-1).dialogue === "runbook") {
      const s = steps[i].states.pop();
      steps[i + 1].states.unshift(s);
      steps[i].end = steps[i + 1].begin = s.begin;
    }
  const guestEnd = steps.length > 0 ? steps.at(-1).end : 0;
  const first = steps.length > 0 ? steps[0].begin : r.last;
  const host = (title, begin, end) => ({ step: "", title, begin, end, states: [], host: true });
  if (first > 0) steps.unshift(host("Plan, and make the overlay", 0, first));
  if (r.states.length > 0 && r.last > guestEnd) steps.push(host(r.proof ? "Prove and commit" : "End on the host", guestEnd, r.last));
  return steps;
}

// The partition's node in the guest, as the commands name it: {disk: "sda", node: "sda2"}.
function partitionOf(r) {
  for (const e of r.of("typed")) {
    const m = /\b(?:e2fsck|resize2fs)\b.*? \/dev\/([a-z]+)(\d+)\b/.exec(text(e.text));
    if (m) return { disk: m[1], node: m[1] + m[2] };
  }
  const disk = text(r.start.attach) === "virtio" ? "vda" : "sda";
  return { disk, node: disk + text(object(r.plan.now).last_partition) };
}

// When a person had the console, or was asked: [{console, from, to, at, keys}].
function personOf(r) {
  const visits = [];
  let open = null;
  let sent = 0; // by the end of the visit before
  for (const e of r.of("person")) {
    if (text(e.what) === "takes the console" || text(e.what) === "is asked") {
      open = { console: text(e.what) === "takes the console", from: number(e.t), to: r.last, at: text(e.at), keys: 0 };
      visits.push(open);
    } else if (open) {
      open.to = Math.max(open.from, number(e.t));
      open.keys = Math.max(0, number(e.keys) - sent);
      sent = number(e.keys);
      open = null;
    }
  }
  return visits;
}

// The time of a byte of the console.
function timeOfByte(r, at) {
  let low = 0;
  let high = r.timing.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (r.timing[middle][1] <= at) low = middle + 1;
    else high = middle;
  }
  return low < r.timing.length ? r.timing[low][0] : null;
}

// The guest's clock at a time of the wall's, by the states and the usage events around it.
function guestClock(r, t) {
  r.clocks ??= [...r.states.filter((s) => s.guest !== null).map((s) => [s.begin, s.guest]),
                ...r.of("usage").filter((e) => typeof e.guest_clock === "number").map((e) => [number(e.t), e.guest_clock])]
    .sort((a, b) => a[0] - b[0]);
  const after = r.clocks.findIndex((c) => c[0] >= t);
  if (r.clocks.length === 0 || after === -1 || (after === 0 && r.clocks[0][0] > t)) return null;
  const b = r.clocks[after];
  const a = r.clocks[Math.max(after - 1, 0)];
  return b[0] === a[0] ? b[1] : a[1] + (b[1] - a[1]) * (t - a[0]) / (b[0] - a[0]);
}

// Rates from counters: [{from, to, rate}].
function rates(events, member) {
  const rows = [];
  for (let i = 1; i < events.length; i++) {
    const from = number(events[i - 1].t);
    const to = number(events[i].t);
    const more = number(events[i][member]) - number(events[i - 1][member]);
    if (to > from && more >= 0) rows.push({ from, to, rate: more / (to - from) });
  }
  return rows;
}
