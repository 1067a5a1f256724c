"""A page a method, of what is written elsewhere: its docstring, equations, table of parameters and results."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import hinterland
from hinterland.detectors.base import Detector
from hinterland.detectors.catalogue import DEFAULT_DETECTOR, detectors, parameters, published, summary

DOCS = Path(__file__).parents[1]


@dataclass(frozen=True)
class About:
    """What belongs to a method: sections of ``methods.md``, other pages, its cost, its paper in ``results.md``."""

    sections: tuple[str, ...] = ()
    pages: tuple[tuple[str, str], ...] = ()
    cost: str = ""
    paper: str = ""


_KINDS = ("Which choice is worth what", "/default-choices.md")
_LABELS = ("Known anomalies in its loss", "/known-anomalies.md")
_FOR_TABLES = ("On ADBench", "/results/adbench.md")
_CADGMM = "CADGMM: Correlation-aware Deep Generative Model for Unsupervised Anomaly Detection"
_CANCE = "Anomaly Detection via Autoencoder Composite Features and NCE"
_DEUAD = "Deep end-to-end unsupervised anomaly detection"
_VARIANTS = "Gaussian Mixture Models for Anomaly Detection (course slides, CS 328, April 2025)"
_SLIDES = ("Results beside the slides'", "/results/dagmm-variants.md")

ABOUT: Mapping[str, About] = {
    "Surprisal": About(
        ("10", "10.1", "10.2", "10.3", "10.4"),
        (
            ("On OddBench", "/results/oddbench.md"),
            _FOR_TABLES,
            _KINDS,
            ("Which detector for what", "/guide/which-detector.md"),
        ),
        "300 to 2,000 steps of three small networks and three autoencoders, by the number of rows: seconds for "
        "thousands of rows on one core. It keeps up to 32,768 training rows in its file.",
    ),
    "DeepMixture": About(
        ("8",),
        (_FOR_TABLES, _KINDS),
        "A few seconds for thousands of rows on one core; it keeps no row but the references of its explanations.",
    ),
    "DAGMM": About(
        ("1", "3", "3.1", "3.2", "3.3", "3.4", "3.5"),
        (_SLIDES, ("How its defaults were chosen", "/dagmm-defaults.md"), _LABELS),
        "One gradient step a batch; with the paper's 200 epochs on KDD Cup 1999 minutes on one core.",
        _VARIANTS,
    ),
    "PositiveUnlabelled": About(
        ("3.6",),
        (_SLIDES, ("Labels or none", "/guide/labels.md")),
        "The detector inside of it, and a small network on its features.",
        _VARIANTS,
    ),
    "CADGMM": About(
        ("2",),
        (("Results beside the paper's", "/results/cadgmm.md"), _LABELS),
        "As `DAGMM`, and a search for each row's nearest neighbours, in training and in scoring.",
        _CADGMM,
    ),
    "CANCE": About(
        ("5",),
        (
            ("Results beside the paper's", "/results/cance.md"),
            ("How its defaults were chosen", "/cance-defaults.md"),
            ("On frozen features", "/results/resnet18-features.md"),
        ),
        "Two trainings, one after the other: the autoencoder, then the density.",
        _CANCE,
    ),
    "ContrastiveScorer": About(
        ("6", "7"),
        (("Results beside the paper's", "/results/cance.md"),),
        "The detector inside of it, then the density.",
        _CANCE,
    ),
    "DEUAD": About(
        ("4",),
        (
            ("Results beside the paper's", "/results/deuad.md"),
            ("How long it trains", "/deuad-training.md"),
            ("Anomalies among the training rows", "/results/robustness.md"),
        ),
        "All rows are clustered again every few epochs, so that it takes longer than one training.",
        _DEUAD,
    ),
    "ClusterAndRetrain": About(
        ("4",),
        (("Results of DEUAD", "/results/deuad.md"),),
        "As many fits of the detector inside of it as there are rounds.",
        _DEUAD,
    ),
    "DROCC": About(
        ("13",),
        (("What CANCE's paper prints of it", "/results/cance.md"),),
        "Each step of training takes `ascent_steps` gradients more, of generated rows; scoring is one small network.",
    ),
}


def page_name(detector: str) -> str:
    """A method's file name without its ending."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", detector).lower()


def address(detector: type[Detector]) -> str:
    """Full name under which the reference has a method."""
    name = detector.__name__
    return f"hinterland.{name}" if name in hinterland.__all__ else f"hinterland.detectors.{name}"


def section(number: str, text: str) -> str:
    """A numbered section of ``methods.md``, up to the next heading, and with links that hold from any folder."""
    found = re.search(rf"^#{{2,3}} {re.escape(number)}\.? (.*?)\n(.*?)(?=^#{{2,3}} \d|\Z)", text, re.M | re.S)
    if not found:
        raise LookupError(f"methods.md has no section {number}")
    body = re.sub(r"\]\((?![a-z]+:|[#./])([^)]+)\)", r"](/\1)", found[2].strip())
    return f"### {found[1]}\n\n{body}\n"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def settings(detector: type[Detector]) -> str:
    """Table of a method's parameters, beside its paper's where those are others."""
    theirs = published(detector)
    lines = ["| parameter | default | " + ("published | " if theirs else "") + "what it is |"]
    lines.append("| --- " * (4 if theirs else 3) + "|")
    for name, entry in parameters(detector).items():
        cells = [f"`{name}`", f"`{entry.default!r}`"]
        if theirs:
            cells.append(f"`{theirs[name]!r}`" if name in theirs else "")
        lines.append(f"| {' | '.join([*cells, _escaped(entry.description)])} |")
    return "\n".join(lines)


def idea(detector: type[Detector]) -> str:
    """What a docstring says of a method before its numpydoc sections, with cross-references to its equations."""
    text = inspect.getdoc(detector) or ""
    text = re.split(r"\n[A-Z][a-z]+(?: [a-z]+)?\n-{3,}\n", text)[0].partition("\n")[2].strip()
    text = text.replace("``", "`")
    return re.sub(r"\((?:docs/)?methods\.md,? sections? [^)]*\)", "(below)", text)


def beside_the_paper(name: str, paper: str) -> str:
    """A method's lines of the first page's results, and how far all of its paper's tables are from ours."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    head = re.search(r"^\| data \| metric .*\n\| --- .*\n", readme, re.M)
    rows = re.findall(rf"^\|.*\| `{name}` \|.*\n", readme, re.M)
    parts = []
    if head and rows:
        parts.append("In percent; *reported* is the paper's.\n\n" + head[0] + "".join(rows))
    if paper:
        results = (DOCS / "results.md").read_text(encoding="utf-8")
        found = re.search(rf"^## {re.escape(paper)}\n+(.*?)(?=^## |\Z)", results, re.M | re.S)
        if not found:
            raise LookupError(f"results.md has no section {paper!r}")
        of_paper = found[1].strip().replace("](results/", "](/results/")
        parts.append(
            f"Every number of the paper's tables ({paper}), ours less theirs in points:\n\n{of_paper}"
        )
    return "\n\n".join(parts)


def page(name: str, detector: type[Detector], methods: str) -> str:
    """A method's page in Markdown."""
    about = ABOUT.get(name, About())
    parts = [f"# {name}", _escaped(summary(detector))]
    if name == DEFAULT_DETECTOR:
        parts.append(
            "**This is the default**: what `hinterland fit` trains where no other detector is named."
        )
    parts += [
        "## The idea",
        idea(detector),
        "## Use it",
        f"```text\nhinterland fit table.csv --save model.hinterland --detector {name}\n```",
        f"In Python: {{py:class}}`{address(detector)}`.",
    ]
    if about.sections:
        parts.append("## Equations, and our readings")
        parts.append(
            "Symbols are those of the [notation](/methods.md#0-notation); all methods on one page: "
            "[the equations](/methods.md)."
        )
        parts += [section(number, methods) for number in about.sections]
    parts += [
        "## On toy shapes",
        f"![Energies of {name} on three toy shapes as contours](/images/methods/{name}.png)",
        "Fitted with its defaults to 170 rows of each shape and 30 of noise: low energy is dark, the white line is the "
        "threshold, and triangles are the rows that it flags."
        + (" Half of the shapes' rows were said to be normal." if detector.needs_labels else "")
        + " Two columns show how a density bends, and little of how it does on wide tables: the "
        "[comparison](/generated/gallery/index.rst).",
        "## Settings",
        settings(detector),
    ]
    if about.cost:
        parts += ["## Cost", about.cost]
    if about.pages:
        parts += [
            "## Results and choices",
            beside_the_paper(name, about.paper),
            "\n".join(f"- [{words}]({target})" for words, target in about.pages),
        ]
        parts.append("What these say in words, and what falls short: [findings](/findings.md).")
    return "\n\n".join(part for part in parts if part) + "\n"


def pages() -> dict[str, str]:
    """Every method's page, and their list, by file name without the ending; the default first."""
    methods = (DOCS / "methods.md").read_text(encoding="utf-8")
    found = {
        name: member for name, member in detectors().items() if member.__module__.startswith("hinterland.")
    }
    names = sorted(found, key=lambda name: (list(ABOUT).index(name) if name in ABOUT else len(ABOUT), name))
    made = {page_name(name): page(name, found[name], methods) for name in names}
    lines = [f"| [{name}]({page_name(name)}.md) | {_escaped(summary(found[name]))} |" for name in names]
    made["index"] = "\n".join(
        [
            "# Methods\n",
            "A page each: the idea, the equations with their source and what we read where a paper is silent, "
            "settings, cost and results. Which to take: [which detector for what](/guide/which-detector.md).\n",
            "| method | what it is |",
            "| --- | --- |",
            *lines,
            "\nEquations of all methods with one numbering: [methods.md](/methods.md).\n",
            "```{toctree}\n:hidden:\n",
            *(page_name(name) for name in names),
            "/methods",
            "```\n",
        ]
    )
    return made
