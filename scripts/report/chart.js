"use strict";
// A chart of lanes above one another on an axis of time, at the width that there is; the view can be narrowed.

const CHART = { side: 128, narrow: 620, right: 14, axis: 40, bare: 10, bottom: 26, gap: 12 };

// lanes: {name, note, height, draw(group, x, box, view)}; full: the whole time; view: what is shown at first.
function makeChart({ label, lanes, full, view, guest, onMove, failures = [] }) {
  const root = el("div", { class: "chart" });
  const chart = { root, view: [...view], full };
  const draw = () => drawChart(chart, { label, lanes, guest, failures });
  chart.show = (from, to) => {
    const least = Math.min(0.02, full[1] - full[0]);
    const width = clamp(to - from, least, full[1] - full[0]);
    const begin = clamp(from, full[0], full[1] - width);
    chart.view = [begin, begin + width];
    draw();
  };
  chart.draw = draw;
  new ResizeObserver(() => {
    if (root.clientWidth !== chart.width) draw();
  }).observe(root);
  if (onMove) followPointer(chart, onMove);
  return chart;
}

function drawChart(chart, { label, lanes, guest, failures }) {
  const width = chart.width = chart.root.clientWidth || 900;
  const narrow = width < CHART.narrow;
  const left = narrow ? 4 : CHART.side;
  const [from, to] = chart.view;
  const right = width - CHART.right;
  const x = (t) => left + (t - from) / (to - from) * (right - left);
  const above = narrow ? 18 : 0;
  const head = guest ? CHART.axis : CHART.bare;
  const height = head + lanes.reduce((sum, l) => sum + l.height + above + CHART.gap, 0) + CHART.bottom;
  const clip = `clip-${label.replace(/\W+/g, "-")}`;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": label },
    svg("defs", {}, svg("clipPath", { id: clip }, svg("rect", { x: left, y: 0, width: Math.max(right - left, 1), height }))));
  drawAxes(picture, { x, from, to, left, right, height, narrow, guest, head });
  let top = head;
  for (const lane of lanes) {
    const nameAt = narrow ? [left, top + 12] : [0, top + Math.min(lane.height / 2, 20) + (lane.note ? -1 : 4)];
    const inline = narrow || lane.height < 20;
    if (inline && !narrow) nameAt[1] = top + lane.height / 2 + 4;
    picture.append(svg("text", { class: "lane-name", x: nameAt[0], y: nameAt[1] }, lane.name,
                       inline && lane.note ? svg("tspan", { class: "lane-note", dx: 8 }, lane.note) : null));
    if (!inline && lane.note) picture.append(svg("text", { class: "lane-note", x: 0, y: nameAt[1] + 14 }, lane.note));
    top += above;
    const group = svg("g", { "clip-path": `url(#${clip})` });
    const box = { top, height: lane.height, bottom: top + lane.height, left, right };
    picture.append(svg("line", { class: "base", x1: left, x2: right, y1: box.bottom + .5, y2: box.bottom + .5 }));
    lane.draw(group, x, box, [from, to]);
    picture.append(group);
    top += lane.height + CHART.gap;
  }
  for (const t of failures.filter((f) => f >= from && f <= to))
    picture.append(svg("line", { class: "failure", x1: x(t), x2: x(t), y1: head - 6, y2: height - CHART.bottom }));
  chart.place = { x, left, right, top: head, bottom: height - CHART.bottom };
  chart.root.replaceChildren(picture);
}

// The wall's seconds below, the guest's above.
function drawAxes(picture, { x, from, to, left, right, height, narrow, guest, head }) {
  const bottom = height - CHART.bottom;
  const each = tickStep(to - from, Math.max((right - left) / (narrow ? 70 : 90), 2));
  const digits = each >= 1 ? 0 : each >= 0.1 ? 1 : each >= 0.01 ? 2 : 3;
  for (let t = Math.ceil(from / each - 1e-9) * each; t <= to + 1e-9; t += each) {
    const anchor = x(t) > right - 20 ? "end" : x(t) < left + 12 ? "start" : "middle";
    picture.append(svg("line", { class: "grid", x1: x(t), x2: x(t), y1: head - 6, y2: bottom }),
      svg("text", { class: "tick-text", x: x(t), y: bottom + 15, "text-anchor": anchor }, `${t.toFixed(digits)} s`));
    const clock = guest ? guest(t) : null;
    if (clock !== null) picture.append(svg("text", { class: "tick-text", x: x(t), y: head - 12, "text-anchor": anchor },
                                           `${clock.toFixed(Math.max(digits, 1))} s`));
  }
  if (narrow && guest) picture.append(svg("text", { class: "tick-text", x: left, y: 11 }, "the guest's clock; below, the wall's"));
  else if (guest) picture.append(svg("text", { class: "tick-text", x: 0, y: head - 12 }, "the guest's clock"));
  if (!narrow) picture.append(svg("text", { class: "tick-text", x: 0, y: bottom + 15 }, "the wall's clock"));
}

function tickStep(span, most) {
  for (let power = 0.001; ; power *= 10)
    for (const n of [1, 2, 5])
      if (span / (n * power) <= most || power > 1e9) return n * power;
}

// Moving tells where the pointer is; dragging narrows the view to what was dragged over; the keyboard does both.
function followPointer(chart, onMove) {
  const { root } = chart;
  let dragged = null;
  const time = (event) => {
    const box = root.getBoundingClientRect();
    const { left, right } = chart.place;
    const share = clamp((event.clientX - box.left - left) / Math.max(right - left, 1), 0, 1);
    return chart.view[0] + share * (chart.view[1] - chart.view[0]);
  };
  const lines = (t) => {
    const { x, top, bottom } = chart.place;
    root.querySelectorAll(".cursor, .drag").forEach((node) => node.remove());
    const picture = root.querySelector("svg");
    picture.append(svg("line", { class: "cursor", x1: x(t), x2: x(t), y1: top, y2: bottom, "pointer-events": "none" }));
    if (dragged !== null)
      picture.append(svg("rect", { class: "drag", x: x(Math.min(t, dragged)), width: Math.abs(x(t) - x(dragged)), y: top,
                                   height: bottom - top, "pointer-events": "none" }));
  };
  root.addEventListener("pointermove", (event) => {
    lines(time(event));
    onMove(time(event));
  });
  root.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) dragged = time(event);
  });
  addEventListener("pointerup", (event) => {
    const from = dragged;
    dragged = null;
    if (from === null) return;
    const { x } = chart.place;
    if (Math.abs(x(time(event)) - x(from)) > 8) chart.show(Math.min(from, time(event)), Math.max(from, time(event)));
  });
  root.addEventListener("pointerleave", () => root.querySelectorAll(".cursor, .drag").forEach((node) => node.remove()));
}

// A part of the view, moved or scaled.
function moveView(chart, by) {
  const width = chart.view[1] - chart.view[0];
  chart.show(chart.view[0] + by * width, chart.view[1] + by * width);
}

function scaleView(chart, factor) {
  const middle = (chart.view[0] + chart.view[1]) / 2;
  const half = (chart.view[1] - chart.view[0]) / 2 * factor;
  chart.show(middle - half, middle + half);
}

// The buttons of a chart, and its keys.
function chartTools(chart, ranges) {
  const button = (name, label, act) => el("button", { type: "button", "aria-label": label, title: label, on: { click: act } }, name);
  const keys = { "+": () => scaleView(chart, .5), "-": () => scaleView(chart, 2), ArrowLeft: () => moveView(chart, -.25),
                 ArrowRight: () => moveView(chart, .25), 0: () => chart.show(...chart.full) };
  const tools = el("div", { class: "tools", role: "toolbar", "aria-label": "What the time line shows" },
    ranges.map(([name, from, to]) => el("button", { type: "button", on: { click: () => chart.show(from, to) } }, name)),
    button("+", "Closer", keys["+"]), button("−", "Farther", keys["-"]), button("←", "Earlier", keys.ArrowLeft),
    button("→", "Later", keys.ArrowRight));
  chart.root.tabIndex = 0;
  chart.root.setAttribute("role", "group");
  chart.root.setAttribute("aria-label", "Time line: plus and minus scale it, the arrows move it, 0 shows all");
  chart.root.addEventListener("keydown", (event) => {
    if (!Object.hasOwn(keys, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  return tools;
}

// Lanes of one kind.
function barsLane(name, note, rows, cssClass, shown) {
  const most = Math.max(0, ...rows.map((row) => row.rate));
  return {
    name, note: note(most), height: 40,
    draw(group, x, box) {
      for (const row of rows) {
        if (row.rate <= 0) continue;
        const tall = Math.max(box.height * shown(row.rate, most), 1);
        group.append(svg("rect", { class: cssClass, x: x(row.from), y: box.bottom - tall, height: tall,
                                   width: Math.max(x(row.to) - x(row.from), 1) }));
      }
    },
  };
}

function linear(rate, most) {
  return most > 0 ? rate / most : 0;
}

function logarithmic(rate, most) {
  return most > 0 ? Math.log1p(rate) / Math.log1p(most) : 0;
}
