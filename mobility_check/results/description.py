"""What differs between physical tests, as data: words, direction, codes and columns. Every face reads it from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mobility_check.language import gettext
from mobility_check.results.result import Rep

MeasuredField = Literal["extension_deg", "flexion_deg"]


@dataclass(frozen=True, slots=True)
class Column:
    """One number of a repetition: its field in :class:`Rep`, its heading, its unit and the digits that are printed."""

    name: str
    heading: str
    unit: Literal["deg", "deg/s"] = "deg"
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Description:
    """A physical test as its users read it, in English: whoever shows a text translates it.

    Attributes:
        test: name in a result, e.g. ``standing-kick-back``.
        option: name on the command line and in settings.
        title: heading of pages and tables.
        measured: the angle in words, e.g. ``hip extension``.
        rep, reps: one repetition and several, e.g. ``kick``, ``kicks``.
        every_rep: heading of the table of repetitions.
        less, less_now: the sentence on the leg that moves less, by {size}, and the same with a session before.
        which_less: the {size} of the difference and the leg that moves less.
        counted, none_found: how many repetitions of how many counted, and that there were none.
        direction: where the leg goes, e.g. ``backwards``.
        movement: what the person is asked to do, one sentence.
        measured_field: the field of a rep that is scored; + is more motion, and more is better in every test so far.
        curve_sign: what ``LegSeries.extension_deg`` is multiplied by to give the measured angle.
        held: the value is taken from a hold; else from a peak.
        error_known: its error was measured; else no interval is given and no change is graded.
        columns: numbers of a rep in tables, the measured one first.
        judged: fields of a rep that must stay small for it to count.
        fhir_text: ``Observation.code.text``.
        snomed: code and display of ``Observation.code``.
        exercises: ids in the advice file, in order of importance, for a page that names no others.
        what_it_is: what the number means, one or two sentences for the page.
        how: the angle and the score, for the page's method.
        context: published values and how they were taken; empty when there are none.
        reason_texts: sentences by reason code that replace the usual ones.
    """

    test: str
    option: str
    title: str
    measured: str
    rep: str
    reps: str
    every_rep: str
    less: str
    less_now: str
    which_less: str
    counted: str
    none_found: str
    direction: str
    movement: str
    measured_field: MeasuredField
    curve_sign: Literal[1, -1]
    held: bool
    error_known: bool
    columns: tuple[Column, ...]
    judged: tuple[str, ...]
    fhir_text: str
    snomed: tuple[str, str]
    exercises: tuple[str, ...]
    what_it_is: str
    how: str
    context: str = ""
    reason_texts: Mapping[str, str] = field(default_factory=dict)

    def value_deg(self, rep: Rep) -> float | None:
        """What a rep scores."""
        value: float | None = getattr(rep, self.measured_field)
        return value

    def heading(self, name: str) -> str:
        """What a number of a rep is called, without its sign rule."""
        return gettext(next(c.heading for c in self.columns if c.name == name)).split(",")[0]

    def value_at_s(self, rep: Rep) -> tuple[float, float]:
        """From when to when the value was taken, seconds of the clip; a tenth around the peak without a hold."""
        return rep.hold_s or (rep.peak_s - 0.1, rep.peak_s + 0.1)
