/* The charts: uPlot for those with axes, a canvas for the map. All take their colours from the style sheet. */
"use strict";

const charts = [];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Draw all charts again: the threshold has moved, or the colours have changed. */
function redrawCharts() {
  for (const chart of charts) chart.redraw();
}

function resizeCharts(width) {
  for (const chart of charts) chart.resize(width);
}

/** Where an energy lies on the axis that Python chose. */
function makeAxis(axis) {
  return {
    ...axis,
    place: axis.compressed ? (energy) => Math.asinh((energy - axis.center) / axis.unit) : (energy) => energy,
    energy: axis.compressed ? (place) => Math.sinh(place) * axis.unit + axis.center : (place) => place,
  };
}

/** Ticks at Python's round energies, as many as have room. */
function energyTicks(axis, room) {
  return {
    splits: (u, at, min, max) => {
      const places = axis.ticks.map(axis.place).filter((place) => place >= min && place <= max);
      const pixels = u.axes[at].side % 2 === 0 ? u.over.clientWidth : u.over.clientHeight;
      const every = Math.ceil(places.length / Math.max(2, Math.floor(pixels / room)));
      return places.filter((_, i) => i % every === 0);
    },
    values: (u, splits) => splits.map((place) => shown(Number(axis.energy(place).toPrecision(6)), 3)),
  };
}

const FONT = "12px system-ui, sans-serif";

function axisStyle(label, more = {}) {
  return {
    label,
    labelSize: 18,
    labelFont: FONT,
    font: FONT,
    size: 40,
    stroke: () => colour("muted"),
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { stroke: () => colour("line"), width: 1 },
    ...more,
  };
}

function plot(id, options, data) {
  const place = document.getElementById(id);
  const size = () => ({ width: Math.max(place.clientWidth, 120), height: place.clientHeight });
  const made = new uPlot(
    { ...size(), legend: { show: false }, cursor: { show: false }, padding: [10, 18, 0, 0], ...options },
    data,
    place,
  );
  charts.push({
    redraw: () => made.redraw(false, true),
    resize: (width) => made.setSize(width ? { ...size(), width: Math.min(width, size().width) } : size()),
  });
  new ResizeObserver(() => made.setSize(size())).observe(place);
  return made;
}

/** Of a logarithmic axis's marks those at powers of ten. */
function decades(u, splits) {
  return splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));
}

/** Rows by energy, those above the threshold in another colour; dragging calls `choose` with an energy. */
function drawHistogram(id, data, axis, threshold, choose) {
  const { edges, rows, anomalies } = data;
  const middles = rows.map((_, i) => (edges[i] + edges[i + 1]) / 2);
  const most = Math.max(...rows);
  const bars = (u, counts, from, to) => {
    const floor = u.valToPos(0.5, "y", true);
    const path = new Path2D();
    counts.forEach((count, i) => {
      if (!count) return;
      const left = u.valToPos(edges[i], "x", true);
      const right = u.valToPos(edges[i + 1], "x", true);
      const top = u.valToPos(count, "y", true);
      path.rect(left, top, Math.max(right - left - 1, 1), floor - top);
    });
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(from, u.bbox.top, to - from, u.bbox.height);
    u.ctx.clip();
    return path;
  };
  const skyline = (u, counts) => {
    const path = new Path2D();
    const height = (count) => u.valToPos(Math.max(count, 0.5), "y", true);
    path.moveTo(u.valToPos(edges[0], "x", true), height(0));
    counts.forEach((count, i) => {
      path.lineTo(u.valToPos(edges[i], "x", true), height(count));
      path.lineTo(u.valToPos(edges[i + 1], "x", true), height(count));
    });
    path.lineTo(u.valToPos(edges[edges.length - 1], "x", true), height(0));
    return path;
  };
  const draw = (u) => {
    const { left, top, width, height } = u.bbox;
    const at = Math.min(Math.max(u.valToPos(axis.place(threshold()), "x", true), left), left + width);
    for (const [from, to, name] of [[left, at, "usual"], [at, left + width, "alarm"]]) {
      const path = bars(u, rows, from, to);
      u.ctx.fillStyle = colour(name);
      u.ctx.fill(path);
      u.ctx.restore();
    }
    if (anomalies) {
      u.ctx.strokeStyle = colour("text");
      u.ctx.lineWidth = 1.5 * devicePixelRatio;
      u.ctx.stroke(skyline(u, anomalies));
    }
    thresholdLine(u, at, top, at, top + height);
    u.ctx.beginPath();
    const half = 7 * devicePixelRatio;
    u.ctx.moveTo(at - half, top);
    u.ctx.lineTo(at + half, top);
    u.ctx.lineTo(at, top + 1.4 * half);
    u.ctx.fillStyle = colour("text");
    u.ctx.fill();
  };
  const made = plot(
    id,
    {
      scales: {
        x: { time: false, range: () => [edges[0], edges[edges.length - 1]] },
        y: { distr: 3, range: () => [0.5, most * 1.6] },
      },
      axes: [axisStyle("energy (nats)", energyTicks(axis, 75)), axisStyle("rows", { size: 58, filter: decades, grid: { stroke: () => colour("line"), width: 1, filter: decades }, values: (u, splits) => splits.map((v) => (v === null || v < 1 ? "" : shown(v))) })],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [draw] },
    },
    [middles, rows.map((count) => count || null)],
  );
  let held = false;
  const move = (event) => choose(axis.energy(made.posToVal(event.clientX - made.over.getBoundingClientRect().left, "x")));
  made.over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = true;
    made.over.setPointerCapture(event.pointerId);
    move(event);
  });
  made.over.addEventListener("pointermove", (event) => held && move(event));
  for (const end of ["pointerup", "pointercancel"]) made.over.addEventListener(end, () => (held = false));
}

function thresholdLine(u, x0, y0, x1, y1) {
  u.ctx.save();
  u.ctx.strokeStyle = colour("text");
  u.ctx.lineWidth = 2 * devicePixelRatio;
  u.ctx.beginPath();
  u.ctx.moveTo(x0, y0);
  u.ctx.lineTo(x1, y1);
  u.ctx.stroke();
  u.ctx.restore();
}

/** A curve on the unit square, perhaps a second one, perhaps the diagonal, and a circle where `point` says. */
function drawCurve(id, labels, curve, second, diagonal, point) {
  const line = (name, more) => ({ stroke: () => colour(name), width: 2, points: { show: false }, spanGaps: true, ...more });
  const curves = [curve, second, diagonal && [[0, 1], [0, 1]]].filter(Boolean);
  const styles = [line("usual"), second && line("third", { dash: [8, 5] }), diagonal && line("muted", { width: 1, dash: [3, 4] })].filter(Boolean);
  plot(
    id,
    {
      mode: 2,
      scales: { x: { time: false, range: () => [-0.01, 1.01] }, y: { range: () => [-0.01, 1.02] } },
      axes: [axisStyle(labels[0]), axisStyle(labels[1], { size: 46 })],
      series: [null, ...styles.map((style) => ({ ...style, paths: unitPath }))],
      hooks: {
        draw: [
          (u) => {
            const [x, y] = point();
            u.ctx.beginPath();
            u.ctx.arc(u.valToPos(x, "x", true), u.valToPos(y, "y", true), 6 * devicePixelRatio, 0, 2 * Math.PI);
            u.ctx.fillStyle = colour("alarm");
            u.ctx.strokeStyle = colour("page");
            u.ctx.lineWidth = 2 * devicePixelRatio;
            u.ctx.fill();
            u.ctx.stroke();
          },
        ],
      },
    },
    [null, ...curves],
  );
}

/** A line through points in their order, which need not be rising: a curve may go straight up. */
function unitPath(u, index) {
  const [xs, ys] = u.data[index];
  const path = new Path2D();
  xs.forEach((x, i) => path.lineTo(u.valToPos(x, "x", true), u.valToPos(ys[i], "y", true)));
  const series = u.series[index];
  u.ctx.save();
  u.ctx.strokeStyle = series.stroke(u, index);
  u.ctx.lineWidth = series.width * devicePixelRatio;
  u.ctx.setLineDash((series.dash || []).map((length) => length * devicePixelRatio));
  u.ctx.stroke(path);
  u.ctx.restore();
  return null;
}

/** A term of the loss by epoch, a line each member. */
function drawTraining(id, curve) {
  const few = curve.lines.every((line) => line.epoch.length < 3);
  const lines = uPlot.join(curve.lines.map((line) => [line.epoch, line.value]));
  plot(
    id,
    {
      padding: [6, 18, 0, 0],
      scales: { x: { time: false } },
      axes: [axisStyle(undefined, { size: 26 }), axisStyle(undefined, { size: 56, values: (u, splits) => splits.map((v) => shown(v, 3)) })],
      series: [{}, ...curve.lines.map(() => ({ stroke: () => colour("usual"), width: 1.5, points: { show: few, size: 5, fill: () => colour("usual") }, spanGaps: true }))],
    },
    lines,
  );
}

/** Energies along rows or time; stretches with anomalies are shaded. */
function drawAlong(id, order, axis, threshold) {
  const places = (energies) => energies.map((energy) => (energy === null ? null : axis.place(energy)));
  const data = [order.x, places(order.highest)];
  const series = [{}, { paths: () => null, points: { show: false } }];
  if (order.middle) {
    data.push(places(order.middle));
    series.push({ stroke: () => colour("muted"), width: 1, points: { show: false } });
  }
  const shade = (u) => {
    if (!order.anomalies) return;
    u.ctx.fillStyle = colour("shade");
    const end = order.x.length - 1;
    order.anomalies.forEach((count, i) => {
      if (!count) return;
      const from = u.valToPos(order.x[i], "x", true);
      const to = i < end ? u.valToPos(order.x[i + 1], "x", true) : u.bbox.left + u.bbox.width;
      u.ctx.fillRect(from, u.bbox.top, Math.max(to - from, devicePixelRatio), u.bbox.height);
    });
  };
  const draw = (u) => {
    const limit = threshold();
    const size = (order.x.length > 600 ? 3 : 4) * devicePixelRatio;
    order.highest.forEach((energy, i) => {
      if (energy === null) return;
      const x = u.valToPos(order.x[i], "x", true);
      const y = u.valToPos(data[1][i], "y", true);
      u.ctx.fillStyle = energy > limit ? alarm : usual;
      u.ctx.fillRect(x - size / 2, y - size / 2, size, size);
    });
    const y = u.valToPos(axis.place(limit), "y", true);
    if (y >= u.bbox.top && y <= u.bbox.top + u.bbox.height) thresholdLine(u, u.bbox.left, y, u.bbox.left + u.bbox.width, y);
  };
  let alarm, usual;
  const low = axis.place(axis.low);
  const high = axis.place(axis.high);
  const margin = 0.04 * (high - low) || 1;
  const xs = [order.x[0], order.x[order.x.length - 1]];
  const side = (xs[1] - xs[0]) * 0.01 || 1;
  plot(
    id,
    {
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
      scales: { x: { time: order.is_time, range: () => [xs[0] - side, xs[1] + side] }, y: { range: () => [low - margin, high + margin] } },
      axes: [
        axisStyle(order.by || "row", { size: 34, space: order.is_time ? 110 : 60, values: (u, splits, at, space, step) => splits.map((v) => (order.is_time ? moment(v, step) : shown(v, 6))) }),
        axisStyle("energy (nats)", { size: 64, ...energyTicks(axis, 34) }),
      ],
      series,
      hooks: {
        drawClear: [shade],
        draw: [(u) => { alarm = colour("alarm"); usual = colour("usual"); draw(u); }],
      },
    },
    data,
  );
}

/** Seconds since 1970 as a date, or as a time of a day where the axis shows such. */
function moment(seconds, step) {
  const text = new Date(seconds * 1e3).toISOString();
  if (step >= 86_400) return text.slice(0, 10);
  return step >= 60 ? text.slice(5, 16).replace("T", " ") : text.slice(11, 19);
}

/** A map of rows: `isFlagged(i)` colours a point, `truth` shapes it; the pointer asks which row it is at. */
function drawMap(id, points, truth, isFlagged, describe) {
  const place = document.getElementById(id);
  const canvas = place.appendChild(document.createElement("canvas"));
  const told = document.getElementById(`${id}-at`);
  let [xs, ys] = points;
  let where = [];
  const draw = () => {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [place.clientWidth, place.clientHeight];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const across = spread(xs, width);
    const down = spread(ys, height);
    where = xs.map((x, i) => [across(x), height - down(ys[i])]);
    for (const flagged of [false, true]) {
      context.fillStyle = colour(flagged ? "alarm" : "usual");
      context.strokeStyle = colour("page");
      context.lineWidth = 0.75;
      context.globalAlpha = flagged ? 0.9 : 0.6;
      where.forEach(([x, y], i) => {
        if (isFlagged(i) !== flagged) return;
        context.beginPath();
        if (truth && truth[i]) {
          context.moveTo(x, y - 5);
          context.lineTo(x + 4.6, y + 3.6);
          context.lineTo(x - 4.6, y + 3.6);
          context.closePath();
        } else {
          context.arc(x, y, 3, 0, 2 * Math.PI);
        }
        context.fill();
        context.stroke();
      });
    }
  };
  const resize = () => draw();
  place.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let nearest = -1;
    let least = 12 ** 2;
    where.forEach(([px, py], i) => {
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [least, nearest] = [distance, i];
    });
    told.textContent = nearest < 0 ? "" : describe(nearest);
  });
  charts.push({ redraw: draw, resize });
  new ResizeObserver(draw).observe(place);
  return (changed) => {
    [xs, ys] = changed;
    draw();
  };
}

function spread(values, size) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = 14;
  return high > low ? (value) => margin + ((value - low) / (high - low)) * (size - 2 * margin) : () => size / 2;
}
