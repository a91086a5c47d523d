"""The delays between restarts."""

from __future__ import annotations

import pytest

from headrace.embedded.backoff import deaths_in_a_row, restart_delay_s


def test_the_delay_doubles_up_to_half_a_minute() -> None:
    assert [restart_delay_s(deaths) for deaths in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert restart_delay_s(100_000) == 30


def test_no_death_has_no_delay() -> None:
    with pytest.raises(ValueError, match="deaths: 0 is not a count"):
        restart_delay_s(0)


@pytest.mark.parametrize(("up_s", "expected"), [(0.0, 5), (59.9, 5), (60.0, 1), (9000.0, 1)])
def test_a_minute_up_starts_a_new_count(up_s: float, expected: int) -> None:
    assert deaths_in_a_row(4, up_s=up_s) == expected
