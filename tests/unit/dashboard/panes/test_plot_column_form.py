"""The form of a plot: what stands in its fields, and what it passes on."""

from __future__ import annotations

import pytest

from astronomical.dashboard.panes.plot.column_form import PlotForm
from astronomical.extend import Column, Parameter, extension_of, plot


@plot(
    "thin",
    columns=(Column("value"),),
    parameters=(
        Parameter("eps", 1e-9, "Smallest step.", (0.0, 1.0)),
        Parameter("n", 3, bounds=(1, 5)),
        Parameter("log", False),
        Parameter("name", "x"),
    ),
)
def thin(data, eps=1e-9, n=3, log=False, name="x"):
    """Draw nothing."""


@pytest.fixture
def form():
    done = []
    made = PlotForm(extension_of(thin), ["u", "g"], done.append)
    made.done = done
    made.show({"colour": "label"}, {"value": "u"})
    return made


def draw(form):
    form.view.objects[-1].clicks += 1


def test_a_small_number_is_shown_as_it_is_and_comes_back(form):
    assert form._fields["eps"].value == "1e-09"
    draw(form)
    assert form.done == [{"colour": "label", "value": "u", "eps": 1e-9, "n": 3, "log": False, "name": "x"}]


def test_what_is_not_allowed_is_said_at_its_field_and_not_drawn(form):
    for wrong, said in (("7", "eps must be between 0.0 and 1.0"), ("many", "must be a number, not 'many'")):
        form._fields["eps"].value = wrong
        draw(form)
        assert form.done == []
        assert said in form._fields["eps"].helper_text
    form._fields["eps"].value = ""
    draw(form)
    assert form.done[-1]["eps"] == 1e-9, "an empty field is the default"
    assert form._fields["eps"].helper_text == ""
