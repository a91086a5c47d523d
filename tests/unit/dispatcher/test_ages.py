"""The class of a job after a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace_contracts.jobs.priority import Priority
from headrace_dispatcher.schedule.ages import aged


@pytest.mark.parametrize(
    ("asked", "waited_s", "there"),
    [
        (Priority.LOW, 0, Priority.LOW),
        (Priority.LOW, 599.9, Priority.LOW),
        (Priority.LOW, 600, Priority.NORMAL),
        (Priority.LOW, 1199.9, Priority.NORMAL),
        (Priority.LOW, 1200, Priority.HIGH),
        (Priority.NORMAL, 599.9, Priority.NORMAL),
        (Priority.NORMAL, 600, Priority.HIGH),
        (Priority.HIGH, 1e9, Priority.HIGH),
        (Priority.URGENT, 0, Priority.URGENT),
        (Priority.URGENT, 1e9, Priority.URGENT),
        (Priority.LOW, -5, Priority.LOW),
    ],
)
def test_one_class_a_period(asked: Priority, waited_s: float, there: Priority) -> None:
    assert aged(asked, waited_s, 600) is there


@given(st.sampled_from(Priority), st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0.001, 1e9))
def test_it_only_rises_and_never_to_urgent(
    asked: Priority, first: float, later: float, period: float
) -> None:
    sooner, then = sorted((aged(asked, first, period), aged(asked, first + later, period)))
    assert asked <= sooner <= then == aged(asked, first + later, period)
    assert then is not Priority.URGENT or asked is Priority.URGENT
