"""Texts that try to become HTML or a script in the page that shows them, and a project full of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.table import Table

from astronomical.config.io import write_config
from astronomical.config.schema import CombinationConfig, PaneConfig
from astronomical.plugins.registry import builtin_registry
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import FEW_TREES

N_ROWS = 120
#: The kinds of panes: "hostile" is the plot of the plugin.
ALL_KINDS = (
    "learning",
    "source",
    "notes",
    "table",
    "classes",
    "history",
    "hostile",
    *(entry.extension.name for entry in builtin_registry().entries("plot")),
)

#: Ways to run a script or to become an element. Where one works, ``window.sang`` is set, or an element is there that
#: has the attribute ``data-sang``, leads to a script, or has "sang" for its text, as an icon has.
VECTORS = (
    "<img data-sang src=x onerror=\"window.sang='{n}'\">",
    "<img data-sang src=x onerror=window.sang='{n}'//",
    "<IMG DATA-SANG SRC=x ONERROR=window.sang='{n}'>",
    "<svg data-sang onload=window.sang='{n}'>",
    "<svg><animate data-sang onbegin=window.sang='{n}' attributeName=x dur=1s>",
    "<script data-sang>window.sang='{n}'</script>",
    "<scr<script data-sang>ipt>window.sang='{n}'</script>",
    "<iframe data-sang srcdoc=\"<script>parent.sang='{n}'</script>\"></iframe>",
    "<iframe data-sang src=\"javascript:parent.sang='{n}'\"></iframe>",
    "<a data-sang href=\"javascript:window.sang='{n}'\">sang</a>",
    "<details data-sang open ontoggle=window.sang='{n}'>",
    "<video data-sang><source onerror=window.sang='{n}'></video>",
    "<input data-sang autofocus onfocus=window.sang='{n}'>",
    "<body data-sang onpageshow=window.sang='{n}'>",
    "<marquee data-sang onstart=window.sang='{n}'>",
    "<style data-sang onload=window.sang='{n}'></style>",
    "<object data-sang data=\"data:text/html,<script>parent.sang='{n}'</script>\"></object>",
    "<math data-sang><mtext><img data-sang src=x onerror=window.sang='{n}'></mtext></math>",
    "<base data-sang href=//sang.invalid>",
    "<meta data-sang http-equiv=refresh content=\"0;url=javascript:window.sang='{n}'\">",
    "<form data-sang action=\"javascript:window.sang='{n}'\"><button>sang</button></form>",
    "<b data-sang onmouseover=window.sang='{n}' style=\"position:fixed;inset:0\">sang</b>",
    "&lt;img data-sang src=x onerror=window.sang='{n}'&gt;",
    "&amp;lt;img data-sang src=x onerror=window.sang='{n}'&amp;gt;",
    "&#60;img data-sang src=x onerror=window.sang='{n}'&#62;",
    '![sang](x "sang")',
    "[sang](javascript:window.sang='{n}')",
    "**sang**",
    "`sang`",
    ":material/sang:",
    ":material/sang@color=red,size=9em:",
    "<p data-sang>\n\n**sang**",
    "{{constructor.constructor('window.sang={n}')()}}",
    "${{window.sang='{n}'}}",
    "';window.sang='{n}'//",
    "\\';window.sang='{n}';//",
    "@{{x}}{{safe}}<img data-sang src=x onerror=window.sang='{n}'>",
    "$$\\href{{javascript:window.sang='{n}'}}{{sang}}$$",
)
_OPENINGS = (
    "",
    '"',
    "'",
    '">',
    "'>",
    "</td>",
    "</title>",
    "</style>",
    "</textarea>",
    "</script>",
    "-->",
    "]]>",
    "</span></div>",
    "` ",
    "\\",
)


class HostileTexts:
    """An endless row of hostile texts, all different.

    Parameters
    ----------
    seed
        The same seed gives the same texts.

    Attributes
    ----------
    seed
        The seed.
    given
        The texts taken so far.
    """

    def __init__(self, seed: int = 0) -> None:
        self._random, self.seed = random.Random(seed), seed
        self.given: list[str] = []

    def take(self, where: str, *, file_name: bool = False) -> str:
        """Return the next text, which begins with where it stands."""
        number = f"{self.seed}.{len(self.given)}"
        while True:
            text = f"{where} {number} {self._random.choice(_OPENINGS)}{self._random.choice(VECTORS).format(n=number)}"
            text = text.replace("\n", " " if file_name else "\n").strip()
            if not (file_name and set(text) & set('/\\\n"')):
                self.given.append(text)
                return text

    def in_one_line(self, where: str) -> str:
        """Return the next text, without line ends."""
        return self.take(where).replace("\n", " ")


def make_hostile_project(folder: Path, texts: HostileTexts | None = None, kinds: Sequence[str] | None = None) -> Path:
    """Write a catalogue, a plugin and a config with all kinds of panes, and label and annotate some of its sources."""
    texts = texts or HostileTexts()
    take = texts.in_one_line
    rng = np.random.default_rng(3)
    bands = [take(band) for band in "ugr"]
    id_column, label_column, extra, image = (take(what) for what in ("id column", "label column", "extra", "image"))
    values = [take(f"L{value}") for value in range(3)]
    table = Table(
        {
            id_column: [take(f"id {row}") for row in range(N_ROWS)],
            "ra": rng.uniform(150, 160, N_ROWS),
            "dec": rng.uniform(-5, 5, N_ROWS),
            label_column: [values[row % 3] for row in range(N_ROWS)],
            extra: [take("value") for _ in range(N_ROWS)],
            image: [take("picture") for _ in range(N_ROWS)],
        }
    )
    for place, band in enumerate(bands):
        table[band] = rng.normal(18 + np.arange(N_ROWS) % 3 * (place - 1), 0.4, N_ROWS)
    catalogue_path = folder / f"{texts.take('catalogue', file_name=True)}.csv"
    table.write(catalogue_path, format="csv")
    path = folder / f"{texts.take('project', file_name=True)}.yaml"
    names = {value: take(f"class {place}") for place, value in enumerate(values)}
    config = new_project(
        ProjectOptions(
            catalogue_path,
            id_column,
            label=label_column,
            label_names=names,
            features=tuple(bands),
            combinations=(CombinationConfig(operation="subtract", n=2),),
            extra_columns=(extra,),
            title=take("title"),
        ),
        path,
    )
    catalogue = config.catalogue.model_copy(update={"image_columns": (image,)})
    layout = config.layout.model_copy(update={"panes": _panes(bands, ALL_KINDS if kinds is None else kinds)})
    project = config.project.model_copy(update={"authors": (take("author"),)})
    write_config(config.model_copy(update={"catalogue": catalogue, "layout": layout, "project": project}), path)
    plugin = _write_plugin(folder, texts)
    with Session.open(path, who=take("who"), plugins=[plugin]) as session:
        for name in config.class_names[:2]:
            session.training.start(name, models=[FEW_TREES])
        for row in range(12):
            session.focus(session.dataset.catalogue.id_at(row))
            session.assign(config.class_names[row % 3])
        for row in range(2, 5):
            session.labels.remark(
                session.dataset.catalogue.id_at(row), note=take("note"), tags=[take("tag")], flag=True
            )
        session.models.checkpoint(config.class_names[0], name=take("checkpoint"))
        session.activate(config.class_names[0])
    return path


def _write_plugin(folder: Path, texts: HostileTexts) -> Path:
    """Write a plugin whose file name, titles and helps are hostile."""
    take = texts.in_one_line
    path = folder / f"{texts.take('plugin', file_name=True)}.py"
    path.write_text(
        f'''"""{texts.take("docstring").replace(chr(92), "").replace('"', "")}"""
import astronomical
from astronomical.extend import Parameter
from sklearn.naive_bayes import GaussianNB


@astronomical.model("hostile", title={take("model")!r}, help={take("model help")!r},
                    parameters=(Parameter("smoothing", 1e-9, {take("parameter help")!r}, (0.0, 1.0)),))
def hostile(seed, smoothing=1e-9):
    return GaussianNB(var_smoothing=smoothing)


@astronomical.query_strategy("hostile", title={take("strategy")!r}, help={take("strategy help")!r})
def ask(proba, order):
    return -abs(proba[:, 1] - 0.5)


@astronomical.plot("hostile", title={take("plot")!r}, help={take("plot help")!r})
def draw(data):
    data.note({take("plot note")!r})
    raise ValueError({take("plot error")!r})
''',
        encoding="utf-8",
    )
    return path


def _panes(bands: list[str], kinds: Sequence[str]) -> tuple[PaneConfig, ...]:
    return tuple(
        PaneConfig(
            id=f"pane-{place}",
            kind=kind,
            x=place % 2 * 6,
            y=place // 2 * 7,
            w=6,
            h=7,
            settings={"x": bands[0], "y": bands[1]} if kind == "basic" else {},
        )
        for place, kind in enumerate(kinds)
    )
