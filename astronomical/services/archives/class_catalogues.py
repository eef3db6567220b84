"""Catalogues with known classes of sources, and what their types mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError

__all__ = ["CATALOGUES", "SCHEMES", "ClassCatalogue", "class_catalogues", "default_class"]


@dataclass(frozen=True)
class ClassCatalogue:
    """A catalogue with known classes.

    Attributes
    ----------
    key, title
        Its name in commands and files, and on the screen.
    table, column
        Its name at the X-Match service, and the column of the type.
    first_letter
        Whether only the first letter of a type says what the object is, and the others by which radiation it was found.
    """

    key: str
    title: str
    table: str
    column: str
    first_letter: bool = False

    def types_of(self, texts: NDArray[np.str_]) -> NDArray[np.str_]:
        """Return the types of the objects from the texts of the column."""
        stripped = np.strings.strip(texts)
        return stripped.astype("U1") if self.first_letter and len(stripped) else stripped


#: The known catalogues by key.
CATALOGUES = {
    item.key: item
    for item in (
        ClassCatalogue("simbad", "SIMBAD", "simbad", "main_type"),
        ClassCatalogue("milliquas", "Milliquas", "vizier:VII/294/catalog", "Type", first_letter=True),
        ClassCatalogue("gaia", "Gaia DR3 variables", "vizier:I/358/vclassre", "Class"),
    )
}
#: Sets of classes to which types can be mapped, with what they are called on the screen.
SCHEMES = {"kinds": "Star, Galaxy, QSO", "variables": "Kinds of variable star"}

_STAR, _GALAXY, _QSO = "Star", "Galaxy", "QSO"
#: Types of SIMBAD by class: the short names, and the long names that X-Match used before. Candidates, and objects known
#: only by the radiation that they emit, are in no class.
_SIMBAD_KINDS = {
    _STAR: (
        "* Star ** PM* HV* V* Em* Be* BS* RG* RG_* HB* HS* Y*O YSO TT* TTau* Or* Ae* s*r s*y s*b sg* RedSG* C* S* WR* "
        "WolfRayet* N* Psr Pulsar Pe* Ir* Er* Ev* Ro* Pu* LP* LPV* Mi* Mira sr* RR* RRLyr Ce* Cepheid cC* deltaCep* "
        "ClassicalCep WV* Type2Cep dS* delSctV* gD* gammaDorV* bC* bCepV* SX* SXPheV* RV* RVTauV* a2* alf2CVnV* BY* "
        "BYDraV* RS* RSCVnV* RC* RCrBV* El* EllipVar EB* EclBin SB* XB* HXB HighMassXBin LXB LowMassXBin CV* "
        "CataclyV* No* Nova WD* WhiteDwarf LM* Low-Mass* BD* BrownD* MS* MainSequence* AB* AGB* pA* post-AGB* OH* "
        "OH/IR* Sy* Symbiotic* Ma* HorBranch* HotSubdwarf BlueStraggler ChemPec* Variable* RotV* PulsV* Eruptive* "
        "Irregular_V*"
    ),
    _GALAXY: (
        "G Galaxy EmG EmissionG SBG StarburstG bCG BlueCompactG LSB LowSurfBrghtG H2G HII_G rG RadioG GiG "
        "GtowardsGroup GiC GtowardsCl BiC BrightestCG GiP InteractingG IG PaG PairG"
    ),
    _QSO: "QSO AGN Sy1 Seyfert1 Seyfert_1 Bla Blazar BLL BLLac",
}
_SIMBAD_VARIABLES = {
    "RR Lyrae": "RR* RRLyr",
    "Eclipsing binary": "EB* EclBin",
    "Cepheid": "Ce* Cepheid cC* deltaCep* ClassicalCep WV* Type2Cep",
    "Delta Scuti": "dS* delSctV* SX* SXPheV*",
    "Long-period variable": "LP* LPV* Mi* Mira sr*",
    "Rotating variable": "BY* BYDraV* RS* RSCVnV* a2* alf2CVnV* Ro* RotV*",
    "Young star": "Y*O YSO TT* TTau* Or*",
    "Cataclysmic variable": "CV* CataclyV* No* Nova",
    _QSO: _SIMBAD_KINDS[_QSO],
}
#: Q and A: broad lines; B: BL Lac; K and N: narrow lines. Lower-case letters are candidates.
_MILLIQUAS_KINDS = {_QSO: "Q A B K", _GALAXY: "N"}
_GAIA_VARIABLES = {
    "RR Lyrae": "RR",
    "Eclipsing binary": "ECL",
    "Cepheid": "CEP",
    "Delta Scuti": "DSCT|GDOR|SXPHE",
    "Long-period variable": "LPV",
    "Rotating variable": "RS SOLAR_LIKE ACV|CP|MCP|ROAM|ROAP|SXARI",
    "Young star": "YSO",
    "Cataclysmic variable": "CV",
    _QSO: "AGN",
}
_GAIA_STARS = (
    "RR ECL CEP DSCT|GDOR|SXPHE LPV RS SOLAR_LIKE ACV|CP|MCP|ROAM|ROAP|SXARI YSO CV ACYG BCEP BE|GCAS|SDOR|WR ELL EP "
    "RCB S SDB SPB SYST WD"
)
_GAIA_KINDS = {_STAR: _GAIA_STARS, _GALAXY: "GALAXY", _QSO: "AGN"}
_CLASSES = {
    ("simbad", "kinds"): _SIMBAD_KINDS,
    ("simbad", "variables"): _SIMBAD_VARIABLES,
    ("milliquas", "kinds"): _MILLIQUAS_KINDS,
    ("milliquas", "variables"): {_QSO: "Q A B K"},
    ("gaia", "kinds"): _GAIA_KINDS,
    ("gaia", "variables"): _GAIA_VARIABLES,
}
_BY_TYPE = {
    where: {type_: name for name, types in classes.items() for type_ in types.split()}
    for where, classes in _CLASSES.items()
}


def default_class(catalogue: str, type_: str, scheme: str = "kinds") -> str:
    """Return the class of a type; empty if it has none.

    Parameters
    ----------
    catalogue, type_
        Key of the catalogue, and its type.
    scheme
        A key of `SCHEMES`.
    """
    return _BY_TYPE.get((catalogue, scheme), {}).get(type_, "")


def class_catalogues(keys: Iterable[str]) -> tuple[ClassCatalogue, ...]:
    """Return catalogues by their keys.

    Raises
    ------
    InvalidInputError
        If there is no such catalogue, or none is named.
    """
    wanted = list(dict.fromkeys(key.strip().casefold() for key in keys))
    unknown = [key for key in wanted if key not in CATALOGUES]
    if unknown or not wanted:
        named = f"There is no catalogue of classes {unknown[0]!r}. " if unknown else ""
        raise InvalidInputError(f"{named}Choose from {', '.join(CATALOGUES)}.")
    return tuple(CATALOGUES[key] for key in wanted)
