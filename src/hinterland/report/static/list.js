/* The list of the most anomalous rows: sorted, filtered, opened, downloaded. */
"use strict";

const PAGE = 25;
const FEW_COLUMNS = 15;

function makeList(data, hasTruth, threshold, p) {
  const { columns, n_model: nModel, kinds, usual, telling, rows } = data;
  const reasons = rows.map((row) => {
    const order = row.contributions.map((value, j) => j).sort((a, b) => row.contributions[b] - row.contributions[a]);
    return order.slice(0, 3).filter((j) => row.contributions[j] > 0);
  });
  const why = (i) => reasons[i].map((j) => `${columns[j]} +${shown(rows[i].contributions[j], 3).replace("+", "")}`).join("; ");
  const haystacks = rows.map(() => null);
  const haystack = (i) => {
    haystacks[i] ??= [rows[i].row, ...rows[i].cells.map((cell) => (cell === null ? "" : String(cell))), why(i)].join("\n").toLowerCase();
    return haystacks[i];
  };
  const truthText = (row) => (row.truth === 1 ? "anomaly" : row.truth === 0 ? "normal" : "no label");

  const heads = [
    { name: "Row", key: (i) => rows[i].row },
    { name: "Energy", key: (i) => rows[i].energy, number: true },
    ...(p ? [{ name: "p-value", key: (i) => p[i], number: true }] : []),
    ...(hasTruth ? [{ name: "Label", key: (i) => truthText(rows[i]) }] : []),
    { name: "Adds most to the energy", key: (i) => why(i), text: why },
    ...telling.map((j) => ({ name: columns[j], key: (i) => rows[i].cells[j], number: kinds[j] === "number" })),
  ];
  const state = { sort: 1, falling: true, filter: "", below: false, shown: PAGE, open: new Set(), every: new Set() };
  const table = document.getElementById("list");
  const [head, body] = [table.tHead, table.tBodies[0]];
  const status = document.getElementById("list-state");
  const more = document.getElementById("more");

  /** Positions of the rows that the list holds now, in its order. */
  function chosen() {
    const limit = threshold().energy;
    const wanted = state.filter.toLowerCase();
    const found = rows.map((_, i) => i).filter((i) => (state.below || rows[i].energy > limit) && (!wanted || haystack(i).includes(wanted)));
    const key = heads[state.sort].key;
    return found.sort((a, b) => compare(key(a), key(b), state.falling) || a - b);
  }

  function render() {
    const found = chosen();
    const limit = threshold();
    const visible = found.slice(0, state.shown);
    body.replaceChildren(...visible.flatMap((i) => lines(i, limit.energy)));
    more.hidden = found.length <= state.shown;
    const carried = rows.filter((row) => row.energy > limit.energy).length;
    const parts = [`${shown(found.length)} row${found.length === 1 ? "" : "s"} in the list`];
    if (found.length > visible.length) parts.push(`${shown(visible.length)} of them shown`);
    if (limit.flagged > carried) parts.push(`of ${shown(limit.flagged)} flagged rows the page holds the ${shown(carried)} of highest energy`);
    if (!limit.flagged) parts.push("no row lies above the threshold");
    status.textContent = `${parts.join("; ")}.`;
    [...head.rows[0].cells].forEach((cell, j) => {
      cell.setAttribute("aria-sort", j === state.sort ? (state.falling ? "descending" : "ascending") : "none");
    });
  }

  function lines(i, limit) {
    const row = rows[i];
    const line = element("tr");
    line.classList.toggle("flagged", row.energy > limit);
    line.dataset.row = row.row;
    const opener = element("button", shown(row.row), { type: "button", class: "opener", "aria-expanded": state.open.has(i), "aria-label": `Row ${row.row}: values and contributions` });
    opener.addEventListener("click", () => {
      if (!state.open.delete(i)) state.open.add(i);
      render();
      body.querySelector(`tr[data-row="${row.row}"] .opener`).focus({ preventScroll: true });
    });
    const first = element("td");
    first.append(opener);
    line.append(first);
    for (const { key, text, number } of heads.slice(1)) {
      const value = (text || key)(i);
      const cell = element("td", null, number ? { class: "number" } : text ? { class: "why" } : {});
      cell.append(value === null ? element("span", "missing", { class: "none" }) : element("span", cellText(value), number ? {} : { class: "cut" }));
      line.append(cell);
    }
    return state.open.has(i) ? [line, detail(i)] : [line];
  }

  function detail(i) {
    const row = rows[i];
    const order = row.cells.map((_, j) => j).sort((a, b) => (row.contributions[b] ?? -Infinity) - (row.contributions[a] ?? -Infinity) || a - b);
    const largest = Math.max(...row.contributions.map(Math.abs), 1e-12);
    const some = order.length <= FEW_COLUMNS + 3 || state.every.has(i) ? order : order.slice(0, FEW_COLUMNS);
    const table = element("table");
    const top = table.createTHead().insertRow();
    for (const [name, kind] of [["Column", ""], ["Value", ""], ["Usual", ""], ["Adds to the energy", "adds"]]) top.append(element("th", name, { scope: "col", class: kind }));
    const inner = table.createTBody();
    for (const j of some) {
      const line = inner.insertRow();
      line.append(element("th", columns[j], { scope: "row" }));
      const value = element("td");
      value.append(row.cells[j] === null ? element("span", "missing", { class: "none" }) : element("div", cellText(row.cells[j]), { class: "cell" }));
      if (j < nModel && isUnusual(row.cells[j], usual[j], kinds[j])) value.firstChild.classList.add("unusual");
      line.append(value, element("td", j < nModel ? usualText(usual[j], row.compared && row.compared[j]) : "not used by the model", j < nModel ? {} : { class: "none" }));
      line.append(contribution(j < nModel ? row.contributions[j] : null, largest));
    }
    const cell = element("td", null, { colspan: heads.length });
    const sum = row.contributions.reduce((total, value) => total + value, 0);
    cell.append(element("p", `Its energy of ${shown(row.energy)} nats is that of a usual row, ${shown(row.reference)}, and about what its columns add, ${shown(sum)}. Usual values are those of nine in ten rows among the less anomalous half.`, { class: "note" }), table);
    if (some.length < order.length) {
      const button = element("button", `All ${shown(order.length)} columns`, { type: "button" });
      button.addEventListener("click", () => {
        state.every.add(i);
        render();
      });
      cell.append(button);
    }
    const line = element("tr", null, { class: "detail" });
    line.append(cell);
    return line;
  }

  heads.forEach(({ name, number }, j) => {
    const cell = element("th", null, { scope: "col", ...(number ? { class: "number" } : {}) });
    const button = element("button", name, { type: "button" });
    button.addEventListener("click", () => {
      state.falling = state.sort === j ? !state.falling : j === 1 || Boolean(number);
      state.sort = j;
      render();
    });
    cell.append(button);
    (head.rows[0] || head.insertRow()).append(cell);
  });
  const filter = document.getElementById("filter");
  let waiting;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      state.filter = filter.value.trim();
      state.shown = PAGE;
      render();
    }, 120);
  });
  document.getElementById("below").addEventListener("change", (event) => {
    state.below = event.target.checked;
    render();
  });
  more.addEventListener("click", () => {
    state.shown += PAGE;
    render();
  });
  document.getElementById("download").addEventListener("click", () => {
    const limit = threshold().energy;
    const free = (name) => (columns.includes(name) ? `hinterland_${name}` : name);
    const header = ["row", "energy", ...(p ? ["p_value"] : []), "flagged", ...(hasTruth ? ["truth"] : []), "top_features"].map(free);
    const content = chosen().map((i) => [rows[i].row, rows[i].energy, ...(p ? [p[i]] : []), rows[i].energy > limit, ...(hasTruth ? [truthText(rows[i])] : []), why(i).replaceAll(MINUS, "-"), ...rows[i].cells]);
    const link = element("a", null, { download: "anomalies.csv" });
    link.href = URL.createObjectURL(new Blob([csvFile([[...header, ...columns], ...content])], { type: "text/csv;charset=utf-8" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  return render;
}

/** Missing values come last, whichever way the others are sorted. */
function compare(a, b, falling) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return falling ? -order : order;
}

function isUnusual(value, usual, kind) {
  if (value === null) return usual.missing < 0.05;
  if (kind === "number" && usual.low !== undefined) return value < usual.low || value > usual.high;
  if (!usual.common) return false;
  const covered = usual.common.reduce((sum, [, share]) => sum + share, 0);
  return covered >= 0.9 && !usual.common.some(([common]) => common === value);
}

function usualText(usual, compared) {
  const nearest = compared === undefined ? "" : `; nearest usual row ${cellText(compared)}`;
  const missing = usual.missing >= 0.05 ? `; missing in ${percent(usual.missing)}` : "";
  if (usual.low !== undefined && usual.low === usual.high) return `${cellText(usual.middle)}${missing}${nearest}`;
  if (usual.low !== undefined) return `${cellText(usual.middle)} (${cellText(usual.low)} to ${cellText(usual.high)})${missing}${nearest}`;
  if (usual.common) return usual.common.map(([value, share]) => `${cellText(value)} (${percent(share)})`).join(", ") + missing;
  return usual.missing === 1 ? "missing in all" : `different in every row${missing}`;
}

function contribution(value, largest) {
  const cell = element("td", null, { class: "adds" });
  if (value === null) return cell;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, text] of [["viewBox", "-50 0 100 10"], ["class", "meter"], ["aria-hidden", "true"], ["preserveAspectRatio", "none"]]) svg.setAttribute(name, text);
  const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const width = Math.abs(value) / largest * 50;
  for (const [name, number] of [["x", value < 0 ? -width : 0], ["width", width], ["height", 10]]) bar.setAttribute(name, number);
  bar.classList.add(value > 0 ? "adds" : "takes");
  svg.append(bar);
  cell.append(svg, element("span", `${value > 0 ? "+" : ""}${shown(value, 3)}`, { class: "number" }));
  return cell;
}
