/* One state, the chosen threshold, and everything that follows from it. */
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { stops } = data;
  const axis = makeAxis(data.axis);
  const byId = (id) => document.getElementById(id);
  let stop = stops.own;
  let waiting = false;

  const energy = () => stops.threshold[stop];
  const threshold = () => ({ energy: energy(), flagged: stops.flagged[stop] });

  function metrics() {
    const [hits, falseAlarms] = [stops.hits[stop], stops.false_alarms[stop]];
    const precision = hits + falseAlarms ? hits / (hits + falseAlarms) : 0;
    const recall = hits / stops.anomalies;
    return { precision, recall, f1: (2 * hits) / (hits + falseAlarms + stops.anomalies), falseRate: falseAlarms / stops.normal };
  }

  for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
  const renderList = makeList(data.rows, data.has_truth, threshold, data.decided && data.decided.p);
  const slider = byId("threshold");
  const unit = byId("unit");
  const steps = 200;

  /** What the slider can move by: amounts that fall as the threshold rises, spaced by their logarithms; or the stops. */
  const scales = {
    rows: { amounts: stops.flagged, least: 1, said: (n) => (data.days ? `${shown(n / data.days, 3)} rows a day` : `${shown(n)} row${n === 1 ? "" : "s"} to look at`) },
    alarms: data.decided && { amounts: data.decided.false_alarms, least: Math.min(...data.decided.false_alarms), said: (share) => `${percent(share)} false alarms` },
  };
  const scale = () => scales[unit.value];
  const reach = ({ amounts, least }) => Math.log(Math.max(amounts[0], least * (1 + 1e-9)) / least);
  const amountAt = (place) => scale().least * Math.exp((place / steps) * reach(scale()));
  const placeOf = (index) => Math.round((steps * Math.log(Math.max(scale().amounts[index], scale().least) / scale().least)) / reach(scale()));

  function fitSlider() {
    slider.max = scale() ? steps : stops.threshold.length - 1;
    slider.value = scale() ? placeOf(stop) : stop;
  }

  function showNumbers() {
    const flagged = stops.flagged[stop];
    const texts = { "threshold-value": shown(energy()), flagged: shown(flagged), "flagged-share": percent(flagged / data.n_rows) };
    if (data.decided) texts["expected-false"] = shown(data.decided.expected_false[stop], 3);
    if (data.has_truth) {
      const found = metrics();
      for (const name of ["precision", "recall", "f1"]) texts[name] = found[name].toFixed(3);
    }
    for (const [id, text] of Object.entries(texts)) byId(id).textContent = text;
    const amounts = { budget: flagged, ...(data.decided && { alarms: Number((100 * data.decided.false_alarms[stop]).toPrecision(3)) }) };
    for (const [id, amount] of Object.entries(amounts)) if (document.activeElement !== byId(id)) byId(id).value = amount;
    if (data.days) byId("a-day").textContent = `${shown(flagged / data.days, 3)} a day`;
    const by = scale() ? `${scale().said(scale().amounts[stop])}, ` : "";
    slider.setAttribute("aria-valuetext", `${by}energy above ${texts["threshold-value"]} nats: ${texts.flagged} rows flagged`);
  }

  let announcing;
  function choose(index) {
    index = Math.min(Math.max(index, 0), stops.threshold.length - 1);
    if (index === stop) return;
    stop = index;
    if (document.activeElement !== slider || !scale()) fitSlider();
    showNumbers();
    clearTimeout(announcing);
    announcing = setTimeout(() => (byId("announced").textContent = slider.getAttribute("aria-valuetext")), 600);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      redrawCharts();
      renderList();
    });
  }

  /** The stop nearest to an energy on the axis. */
  function nearest(value) {
    let [low, high] = [0, stops.threshold.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (stops.threshold[middle] <= value) low = middle;
      else high = middle;
    }
    const [below, above, at] = [stops.threshold[low], stops.threshold[high], value].map(axis.place);
    return at - below <= above - at ? low : high;
  }

  /** The lowest threshold at which a falling amount is small enough. */
  const atMost = (amounts, most) => {
    const found = amounts.findIndex((amount) => amount <= most);
    return found < 0 ? amounts.length - 1 : found;
  };
  function amount(id, amounts, unit) {
    const input = byId(id);
    input.addEventListener("change", () => input.value !== "" && choose(atMost(amounts, unit * Number(input.value))));
    input.addEventListener("blur", showNumbers);
  }
  amount("budget", stops.flagged, 1);
  if (data.decided) amount("alarms", data.decided.false_alarms, 0.01);

  unit.value = "energy"; // a browser may remember an older page's
  fitSlider();
  unit.addEventListener("change", () => {
    fitSlider();
    showNumbers();
  });
  slider.addEventListener("input", () => choose(scale() ? atMost(scale().amounts, amountAt(Number(slider.value)) * (1 + 1e-9)) : Number(slider.value)));
  byId("threshold-reset").addEventListener("click", () => {
    choose(stops.own);
    fitSlider();
  });
  showNumbers();
  renderList();

  drawHistogram("histogram", data.histogram, axis, energy, (value) => choose(nearest(value)));
  drawAlong("along", data.order, axis, energy);
  if (data.has_truth) {
    const other = data.comparison && data.comparison.curves;
    drawCurve("roc", ["normal rows flagged", "anomalies found"], data.curves.roc, other && other.roc, true, () => [metrics().falseRate, metrics().recall]);
    drawCurve("pr", ["recall", "precision"], data.curves.pr, other && other.pr, false, () => [metrics().recall, metrics().precision]);
  }
  const { row, truth, views } = data.embedding;
  const maps = views.map((view, k) => {
    const energies = k ? data.comparison.energy : data.embedding.energy;
    const isFlagged = k ? (i) => energies[i] > data.comparison.threshold : (i) => energies[i] > energy();
    return drawMap(`map-${k}`, view.pca, truth, isFlagged, (i) => `Row ${shown(row[i])}: energy ${shown(energies[i])} nats`);
  });
  for (const button of document.querySelectorAll('input[name="projection"]')) {
    button.addEventListener("change", () => maps.forEach((change, k) => change(views[k][button.value])));
  }
  data.training.forEach((curve, k) => drawTraining(`training-${k}`, curve));

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawCharts);
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.print = "";
    resizeCharts(680);
    redrawCharts();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.print;
    resizeCharts();
    redrawCharts();
  });
})();
