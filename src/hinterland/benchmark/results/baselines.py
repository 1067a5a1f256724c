"""A published figure of each baseline with ours beside it: within its spread, or why not."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hinterland.benchmark.experiments.methods import method
from hinterland.benchmark.experiments.protocols import protocol
from hinterland.benchmark.experiments.reported import Reported, provenance, reported
from hinterland.benchmark.results.formats import NOTHING
from hinterland.benchmark.results.headlines import SHORT
from hinterland.benchmark.results.tables import averages, is_current
from hinterland.benchmark.runs.jobs import Result


@dataclass(frozen=True)
class Figure:
    """A baseline's figure that a paper prints, and where ours is to be read.

    Attributes
    ----------
    what : the baseline, in words.
    method : whose results stand beside.
    printed : source, table, data set, subset, method and metric of the figure, as the papers' numbers have them.
    place : key of the protocol, subset and judgement that ours is read under.
    why : why ours is not within the spread; "" where it is.
    """

    what: str
    method: str
    printed: tuple[str, str, str, str, str, str]
    place: tuple[str, str, str]
    why: str = ""

    @property
    def published(self) -> Reported:
        """The printed number."""
        (found,) = (
            row
            for row in reported()
            if (row.source, row.table, row.dataset, row.subset, row.method, row.metric) == self.printed
        )
        return found


@dataclass(frozen=True)
class Beside:
    """A figure and ours, in percent: mean and standard deviation over the seeds, None where there are too few."""

    figure: Figure
    mean: float | None
    sd: float | None
    seeds: int

    @property
    def within(self) -> bool | None:
        """Whether both lie within their spreads of each other; None without ours, or without any spread."""
        spread = (self.figure.published.sd or 0.0) + (self.sd or 0.0)
        if self.mean is None or not spread:
            return None
        return abs(self.mean - self.figure.published.value) <= spread


_RANKING = "as many flagged as anomalous"
_ARRHYTHMIA = ("cadgmm-arrhythmia-unscaled", "", "natural half, top 15 %")
_ABALONE = ("cance-abalone-one-class", "", _RANKING)
_THYROID = ("cance-thyroid-one-class", "", _RANKING)
_CADGMM = ("cadgmm", "Table 3")
_MNIST = ("cance", "Table 3", "MNIST")
_NOT_SAID = "the printed one is DAGMM's, which says no settings; ours is the higher"
_ALONE = "one seed, and no spread is printed"

FIGURES = (
    Figure(
        "DSEBM by its reconstruction",
        "DSEBM-r",
        (*_CADGMM, "Arrhythmia", "", "DSEBM-r", "f1"),
        _ARRHYTHMIA,
        _NOT_SAID,
    ),
    Figure(
        "DSEBM by its energy",
        "DSEBM-e",
        (*_CADGMM, "Arrhythmia", "", "DSEBM-e", "f1"),
        _ARRHYTHMIA,
        _NOT_SAID,
    ),
    Figure(
        "AnoGAN",
        "AnoGAN",
        (*_CADGMM, "Arrhythmia", "", "AnoGAN", "f1"),
        _ARRHYTHMIA,
        "the code behind the printed one weighs the two distances the other way round",
    ),
    Figure(
        "ALAD",
        "ALAD",
        (*_CADGMM, "Arrhythmia", "", "ALAD", "f1"),
        _ARRHYTHMIA,
        _ALONE,
    ),
    Figure(
        "OC-NN",
        "OC-NN",
        ("deuad", "Table 4", "MNIST", "", "OC-NN", "auroc"),
        ("deuad-mnist", "", _RANKING),
        "the printed one learns from normal pictures alone and is the best of several activations on the test labels",
    ),
    Figure(
        "Distribution clustering alone",
        "Distribution clustering",
        ("deuad", "Table 4", "MNIST", "", "Distrib. Clust. only", "auroc"),
        ("deuad-mnist", "", _RANKING),
        "the paper does not say what it ranks by; ours, the variance of clusters, finds one cluster on pixels",
    ),
    Figure(
        "Geometric transformations",
        "Geometric transformations",
        ("deuad", "Table 4", "MNIST", "", "Geom. Transform.", "auroc"),
        ("deuad-mnist-from-normal", "", _RANKING),
        _ALONE,
    ),
    Figure(
        "LSA",
        "LSA",
        (*_MNIST, "class=0", "LSA", "auroc"),
        ("cance-mnist-unimodal", "class=0", _RANKING),
        _ALONE,
    ),
    Figure(
        "PixelCNN",
        "PixelCNN",
        (*_MNIST, "class=1", "Pix-CNN", "auroc"),
        ("cance-mnist-unimodal", "class=1", _RANKING),
        _ALONE,
    ),
    Figure(
        "VAE by the ELBO, on pictures",
        "VAE (pictures)",
        (*_MNIST, "class=1", "VAE", "auroc"),
        ("cance-mnist-unimodal", "class=1", _RANKING),
        _ALONE,
    ),
    Figure(
        "KDE on pictures",
        "KDE",
        ("cance", "Table 3", "CIFAR-10", "class=2", "KDE", "auroc"),
        ("cance-cifar10-unimodal", "class=2", _RANKING),
        "nothing is drawn and no spread is printed; nor is the width of its kernel",
    ),
    Figure(
        "Nearest neighbours in pixel space",
        "1-NN",
        ("cance", "Table 6", "CIFAR-10", "class=avg", "NN (original space)", "auroc"),
        ("cance-cifar10-unimodal", "class=avg", _RANKING),
        "nothing is drawn and no spread is printed; our pictures are JPEG copies",
    ),
    Figure("GOAD", "GOAD", ("cance", "Table 7", "Thyroid", "", "GOAD", "f1"), _THYROID),
    Figure("DROCC", "DROCC", ("cance", "Table 7", "Abalone", "", "DROCC", "f1"), _ABALONE),
    Figure("Deep SVDD", "DeepSVDD", ("cance", "Table 7", "Abalone", "", "DeepSVDD", "f1"), _ABALONE),
    Figure(
        "Kernel SVDD",
        "OC-SVM",
        ("cance", "Table 4", "MNIST-C", "", "SVDD", "auroc"),
        ("cance-mnistc", "", _RANKING),
        "not run: a kernel of 60,000 pictures",
    ),
    Figure(
        "Deep SAD with labels",
        "DeepSAD",
        ("cance", "Table 4", "MNIST-C", "", "DSAD", "auroc"),
        ("cance-mnistc-known", "", _RANKING),
        "which anomalies the printed one knows is not stated, and its network convolves",
    ),
)


def beside(figure: Figure, results: Iterable[Result]) -> Beside:
    """The figure and ours, out of stored results that were made with the present settings."""
    key, subset, judgement = figure.place
    asked = protocol(key)
    own = [
        result
        for result in results
        if (result.job.method, result.job.protocol) == (figure.method, asked.run_key)
        and not result.failed
        and is_current(result)
    ]
    if subset and subset == asked.average:
        own = averages(own, asked.subsets(), subset)
    metric = figure.published.metric
    values = [100 * float(result.metrics[judgement][metric]) for result in own if result.job.subset == subset]
    return Beside(
        figure,
        statistics.fmean(values) if values else None,
        statistics.stdev(values) if len(values) > 1 else None,
        len(values),
    )


def text(results: Sequence[Result]) -> str:
    """The figures as a Markdown table, in percent."""
    header = "| baseline | published | ours | seeds | under | within | why not |"
    return "\n".join([header, "| --- " * 7 + "|", *(_line(beside(one, results)) for one in FIGURES)]) + "\n"


def _line(found: Beside) -> str:
    figure = found.figure
    printed, (key, subset, _) = figure.published, figure.place
    where = " ".join(part for part in (printed.table + ",", printed.dataset, printed.subset) if part)
    apart = "" if found.mean is None else f"{found.mean - printed.value:+.1f}"
    cells = [
        f"{figure.what} (`{method(figure.method).name}`)",
        f"{_number(printed.value, printed.sd)} {SHORT[printed.metric]} ({_paper(printed)} {where})",
        NOTHING if found.mean is None else _number(found.mean, found.sd),
        str(found.seeds),
        f"`{key}`" + (f" {subset}" if subset else ""),
        {True: "yes", False: f"no, {apart}", None: apart or "not run"}[found.within],
        "" if found.within else figure.why,
    ]
    return "| " + " | ".join(cells) + " |"


def _paper(printed: Reported) -> str:
    title: str = provenance()["sources"][printed.source]["title"]
    return title.partition(":")[0] if ":" in title else printed.source.upper()


def _number(value: float, sd: float | None) -> str:
    return f"{value:.1f}" + ("" if sd is None else f" ± {sd:.1f}")
