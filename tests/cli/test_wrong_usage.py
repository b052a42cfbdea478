"""What Typer says of a wrong value, in the words of its several versions, is told with what the option takes."""

from __future__ import annotations

import pytest

from mobility_check.cli.wrong_usage import as_error


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Invalid value for '--assets': Value error, 'x' is not one of 'inline', 'shared'.",
            "one of 'inline', 'shared'",
        ),
        ("Invalid value for '--assets': 'x' is not one of 'inline', 'shared'.", "one of 'inline', 'shared', not 'x'"),
        ("Invalid value for '--workers' / '-w': Input should be greater than or equal to 1.", "--workers takes"),
        ("Invalid value for '--memory': Input should be less than or equal to 1024.", "a number of at most 1024"),
        ("Invalid value for '--workers' / '-w': 'x' is not a valid integer.", "--workers takes a whole number"),
        ("Invalid value for '--deadline': 'x' is not a valid float.", "--deadline takes a number"),
        ("Something new.", "Something new."),
    ],
)
def test_a_wrong_value_is_told_with_what_the_option_takes(said: str, told: str) -> None:
    sentence = str(as_error(said, "mobility-check batch"))
    assert told in sentence
    assert sentence.endswith("See: mobility-check batch --help")
