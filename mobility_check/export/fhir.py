"""Sessions as HL7 FHIR R4: a Bundle (collection) of one Observation per leg, as plain dictionaries.

No code for active hip extension was found in SNOMED CT or LOINC, so the precise meaning is in ``code.text``; beside it
stands the broader SNOMED CT "range of joint movement", and a LOINC code if the caller has chosen one. There is never an
``interpretation``: the number is measured, not judged.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from mobility_check.assessments.descriptions import DESCRIPTIONS
from mobility_check.history.records import Record
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import speaking
from mobility_check.results.description import Description
from mobility_check.results.result import Reason, Result, SideResult
from mobility_check.results.wording import comparison, leg_sentence

SNOMED = "http://snomed.info/sct"
HIP_REGION: dict[Side, tuple[str, str]] = {
    "right": ("287579007", "Right hip region structure"),
    "left": ("287679003", "Left hip region structure"),
}
_NOT_PERFORMED = {
    "leg_not_kicked",
    "no_reps",
    "kicks_forward",
    "not_kick_back",
    "squats",
    "hip_hinge",
    "heel_raised",
    "not_standing",
}
_METHOD = (
    "Thigh against trunk in the side view of one camera, zero taken from quiet standing; includes pelvic and lumbar"
    " motion ({made.backend}, {made.model}, {made.angle_rule})"
)
_NAMESPACE = uuid.UUID("5e1a3a5c-0d0b-5e0e-9a53-6d0b1f3f4a11")


def bundle(records: Iterable[Record], *, loinc: str = "") -> dict[str, Any]:
    """The Bundle of all sessions; ``loinc`` is added to each observation's code when it is not empty."""
    entries = [
        {"fullUrl": f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'{record.id}/{side}')}", "resource": resource}
        for record in records
        for side, resource in observations(record, loinc=loinc).items()
    ]
    return {"resourceType": "Bundle", "type": "collection"} | ({"entry": entries} if entries else {})


def observations(record: Record, *, loinc: str = "") -> dict[Side, dict[str, Any]]:
    """One Observation per leg of a session."""
    result = record.parsed
    return {side: _observation(record, result, side, loinc=loinc) for side in result.sides}


def _observation(record: Record, result: Result, side: Side, *, loinc: str) -> dict[str, Any]:
    leg, words = result.sides[side], DESCRIPTIONS[result.test]
    made = result.provenance
    observation = {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:mobility-check:session", "value": f"{record.id}/{side}"}],
        "status": "final",
        "category": [_concept("http://terminology.hl7.org/CodeSystem/observation-category", "exam", "Exam")],
        "code": _code(words, loinc),
        "subject": {"identifier": {"system": "urn:mobility-check:subject", "value": record.subject}},
        "effectiveDateTime": _moment(record.tested_at),
        "issued": _moment(record.saved_at),
        "bodySite": _concept(SNOMED, *HIP_REGION[side]),
        "method": {"text": _METHOD.format(made=made)},
        "device": {"display": f"mobility-check {made.mobility_check}"},
        **_value(leg),
        "note": [{"text": text} for text in _notes(record, result, side) if text],
        "component": list(_components(leg, words, hurt=record.pain.get(side))),
    }
    return {name: value for name, value in observation.items() if value != []}  # FHIR has no empty lists


def _code(words: Description, loinc: str) -> dict[str, Any]:
    coding = [{"system": SNOMED, "code": words.snomed[0], "display": words.snomed[1]}]
    if loinc:
        coding.append({"system": "http://loinc.org", "code": loinc})
    return {"coding": coding, "text": words.fhir_text}


def _value(leg: SideResult) -> dict[str, Any]:
    if leg.score_deg is not None:
        return {"valueQuantity": _quantity(leg.score_deg, "deg")}
    done = not any(r.code in _NOT_PERFORMED for r in leg.reasons)
    code, display = ("unknown", "Unknown") if done else ("not-performed", "Not Performed")
    absent = _concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", code, display)
    return {"dataAbsentReason": {**absent, "text": _sentences(leg.reasons) or "not measured"}}


def _components(leg: SideResult, words: Description, *, hurt: bool | None) -> Iterator[dict[str, Any]]:
    if leg.ci95_deg is not None:
        low, high = (_quantity(value, "deg") for value in leg.ci95_deg)
        yield _part("95 % interval of the score", {"valueRange": {"low": low, "high": high}})
    if leg.best_deg is not None:
        yield _part("Best repetition", {"valueQuantity": _quantity(leg.best_deg, "deg")})
    for number, rep in enumerate(leg.reps, start=1):
        name = f"Repetition {number}{'' if rep.valid else ' (not counted)'}"
        for column in words.columns:
            if (value := getattr(rep, column.name)) is not None:
                heading = column.heading[0].lower() + column.heading[1:]
                yield _part(f"{name}: {heading}", {"valueQuantity": _quantity(value, column.unit)})
    if hurt is not None:
        yield _part("Pain during the movement", {"valueBoolean": hurt})


def _part(text: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"code": {"text": text}, **value}


def _quantity(value: float, unit: str) -> dict[str, Any]:
    words = unit.replace("deg", "degree").replace("/s", " per second")
    return {"value": round(value, 2), "unit": words, "system": "http://unitsofmeasure.org", "code": unit}


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _notes(record: Record, result: Result, side: Side) -> Iterator[str | None]:
    leg, words = result.sides[side], DESCRIPTIONS[result.test]
    yield record.note
    with speaking("en"):
        sentences = leg_sentence(result, side, words), comparison(result, words)
    yield from sentences
    if leg.score_deg is not None:
        yield _sentences(leg.reasons)


def _sentences(reasons: Iterable[Reason]) -> str:
    return " ".join(r.message for r in reasons)


def _moment(text: str) -> str:
    """FHIR wants a time zone with a time; the stored local time gets this computer's."""
    return text if "T" not in text else datetime.fromisoformat(text).astimezone().isoformat(timespec="seconds")
