"""No two attempts of a job write to one place."""

from __future__ import annotations

from uuid import UUID

import pytest

from headrace_contracts.jobs.fence import delivery_of, epoch_of, fence
from headrace_contracts.keys import result_data_key, result_file_key

JOB = UUID(int=7)


def test_the_first_attempt_writes_to_the_documented_place() -> None:
    assert result_file_key(JOB, fence(1, 1), "cat.jpg") == f"results/{JOB}/cat.jpg"
    assert result_data_key(JOB, fence(1, 1)) == f"results/{JOB}/.data.json"


def test_every_other_attempt_has_a_folder_of_its_own() -> None:
    tokens = [fence(epoch, delivery) for epoch in range(1, 5) for delivery in (1, 2, 3, 11, 1 << 20)]
    keys = {result_file_key(JOB, token, "cat.jpg") for token in tokens}
    assert len(keys) == len(tokens)
    assert result_file_key(JOB, fence(1, 2), "cat.jpg") == f"results/{JOB}/attempt-1-2/cat.jpg"
    assert result_file_key(JOB, fence(2, 1), "cat.jpg") == f"results/{JOB}/attempt-2-1/cat.jpg"


@pytest.mark.parametrize("token", [fence(1, 1), fence(3, 2)])
def test_a_result_file_does_not_take_the_exports_place(token: int) -> None:
    assert result_file_key(JOB, token, "result.json").endswith("/file-result.json")


def test_a_token_is_taken_apart() -> None:
    assert (epoch_of(fence(3, 2)), delivery_of(fence(3, 2))) == (3, 2)
