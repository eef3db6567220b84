"""References that a report cites, in BibTeX."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["bibtex_of"]

_ENTRIES = {
    "AstronomicAL": """@article{AstronomicAL,
  author  = {Stevens, Grant and Fotopoulou, Sotiria and Bremer, Malcolm N. and Ray, Oliver},
  title   = {{AstronomicAL}: an interactive dashboard for visualisation, integration and classification of data with
             Active Learning},
  journal = {Journal of Open Source Software},
  year    = {2021}, volume = {6}, number = {65}, pages = {3635}, doi = {10.21105/joss.03635}
}""",
    "modAL": """@article{modAL,
  author  = {Danka, Tivadar and Horvath, Peter},
  title   = {{modAL}: A modular active learning framework for {Python}},
  journal = {arXiv e-prints},
  year    = {2018}, eprint = {1805.00979}, archivePrefix = {arXiv}
}""",
    "scikit-learn": """@article{scikit-learn,
  author  = {Pedregosa, Fabian and others},
  title   = {Scikit-learn: Machine Learning in {Python}},
  journal = {Journal of Machine Learning Research},
  year    = {2011}, volume = {12}, pages = {2825--2830}
}""",
    "Wilson1927": """@article{Wilson1927,
  author  = {Wilson, Edwin B.},
  title   = {Probable inference, the law of succession, and statistical inference},
  journal = {Journal of the American Statistical Association},
  year    = {1927}, volume = {22}, pages = {209--212}
}""",
    "Platt1999": """@incollection{Platt1999,
  author    = {Platt, John},
  title     = {Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods},
  booktitle = {Advances in Large Margin Classifiers},
  year      = {1999}
}""",
    "Zadrozny2002": """@inproceedings{Zadrozny2002,
  author    = {Zadrozny, Bianca and Elkan, Charles},
  title     = {Transforming classifier scores into accurate multiclass probability estimates},
  booktitle = {KDD},
  year      = {2002}
}""",
    "Angelopoulos2023": """@article{Angelopoulos2023,
  author  = {Angelopoulos, Anastasios N. and others},
  title   = {Prediction-powered inference},
  journal = {Science},
  year    = {2023}, volume = {382}, pages = {669}, doi = {10.1126/science.adi6000}
}""",
    "AngelopoulosPPI2023": """@article{AngelopoulosPPI2023,
  author  = {Angelopoulos, Anastasios N. and Duchi, John C. and Zrnic, Tijana},
  title   = {{PPI++}: Efficient Prediction-Powered Inference},
  journal = {arXiv e-prints},
  year    = {2023}, eprint = {2311.01453}, archivePrefix = {arXiv}
}""",
    "Northcutt2021": """@article{Northcutt2021,
  author  = {Northcutt, Curtis G. and Jiang, Lu and Chuang, Isaac L.},
  title   = {Confident Learning: Estimating Uncertainty in Dataset Labels},
  journal = {Journal of Artificial Intelligence Research},
  year    = {2021}, volume = {70}, pages = {1373--1411}, doi = {10.1613/jair.1.12125}
}""",
    "Cohen1960": """@article{Cohen1960,
  author  = {Cohen, Jacob},
  title   = {A coefficient of agreement for nominal scales},
  journal = {Educational and Psychological Measurement},
  year    = {1960}, volume = {20}, pages = {37--46}
}""",
    "Fleiss1971": """@article{Fleiss1971,
  author  = {Fleiss, Joseph L.},
  title   = {Measuring nominal scale agreement among many raters},
  journal = {Psychological Bulletin},
  year    = {1971}, volume = {76}, pages = {378--382}
}""",
    "Dawid1979": """@article{Dawid1979,
  author  = {Dawid, A. P. and Skene, A. M.},
  title   = {Maximum likelihood estimation of observer error-rates using the {EM} algorithm},
  journal = {Journal of the Royal Statistical Society C},
  year    = {1979}, volume = {28}, pages = {20--28}
}""",
}


def bibtex_of(names: Collection[str]) -> str:
    """Return the entries of some references, in a fixed order."""
    return "\n\n".join(entry for name, entry in _ENTRIES.items() if name in names) + "\n"
