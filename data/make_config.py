"""Make configs/example.yaml: the example project, its Star learner trained on 30 labels.

The labels are the catalogue's own, given by a program in place of a person; a source without one is Unsure.
Run from the checkout: ``python data/make_config.py``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import CombinationConfig
from astronomical.paths import relative_to
from astronomical.session import Session
from astronomical.session.project.default_layout import default_layout
from astronomical.session.project.new import ProjectOptions, new_project

CHECKOUT = Path(__file__).resolve().parents[1]
TARGET = CHECKOUT / "configs" / "example.yaml"
BANDS = ("u", "g", "r", "i", "z", "y", "j", "h", "k", "w1", "w2")
AXES = ("g-j", "y-w1")
#: The units of the catalogue do not tell AB from Vega magnitudes; the band file does.
PLOTS = {"sed": {"bands": "sed_bands.csv"}, "bpt": {}, "mateos": {}}
N_LABELS = 30


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "example.yaml"
        make_project(path)
        train(path)
        config = read_config(path)
    catalogue = config.catalogue.model_copy(
        update={"path": relative_to(CHECKOUT / "data" / "example.fits", TARGET.parent)}
    )
    TARGET.unlink(missing_ok=True)
    write_config(config.model_copy(update={"catalogue": catalogue}), TARGET)


def make_project(path: Path) -> None:
    choices = ProjectOptions(
        catalogue=CHECKOUT / "data" / "example.fits",
        id="id",
        label="label",
        label_names={"0": "Star", "1": "Galaxy", "2": "QSO"},
        features=BANDS,
        combinations=(CombinationConfig(operation="subtract", n=2, columns=BANDS),),
        image_columns=("image",),
        extra_columns=("redshift", "lx", *BANDS),
        axes=AXES,
        seed=2021,
        title="Example: stars, galaxies and QSOs",
        authors=("The astronomical developers",),
    )
    config = new_project(choices, path)
    write_config(config.model_copy(update={"layout": default_layout(AXES, AXES, PLOTS)}), path)


def train(path: Path) -> None:
    with Session.open(path, who="example") as session:
        session.training.start("Star")
        data = session.dataset
        while len(session.training.targets("Star")) < N_LABELS:
            query = session.query("Star")
            code = int(data.codes[data.catalogue.row(query)])
            session.assign(data.class_names[code] if code >= 0 else None, id=query)
        print(f"Star at {N_LABELS} labels: {session.round('Star').validation}")


if __name__ == "__main__":
    main()
