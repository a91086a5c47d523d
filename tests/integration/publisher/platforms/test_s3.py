"""What only buckets have: objects that are there already, stores without conditions, uploads that vanish."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.platforms.cases import Case, new_publication, s3_error
from tests.support.platforms.driver import Drive
from tests.support.platforms.parcels import DOCUMENT, asset, parcel

from headrace_publisher.platforms.platform import Done, Failed

MIB = 1024 * 1024


async def drive(case: Case, **settings: Any) -> tuple[Drive, Done | Failed]:
    settings.setdefault("publication", new_publication(case))
    run = Drive(platform=case.platform, **settings)
    return run, await run.run()


async def put(case: Case, key: str, data: bytes) -> None:
    await case.server.put_object(Bucket=case.more["bucket"].bucket, Key=key, Body=data)


async def test_other_content_is_not_overwritten(s3_case: Case) -> None:
    for name, data in (("result.json", b"x" * len(DOCUMENT)), ("film.mp4", b"another film")):
        publication = new_publication(s3_case)
        key = f"out/put/{publication.parcel.job_id}/{name}"
        await put(s3_case, key, data)
        _, end = await drive(s3_case, publication=publication)
        assert isinstance(end, Failed)
        assert end.permanent
        assert f"{key} is there already with other content" in end.reason
        answer = await s3_case.server.get_object(Bucket=s3_case.more["bucket"].bucket, Key=key)
        assert await answer["Body"].read() == data


async def test_the_same_content_is_found_again(s3_case: Case) -> None:
    first, _ = await drive(s3_case)
    asked = len(s3_case.troubles.asked)
    _, end = await drive(s3_case, publication=first.publication)
    assert isinstance(end, Done)
    assert {method for method, _ in s3_case.troubles.asked[asked:]} == {"HEAD", "GET"}


async def test_a_store_that_knows_no_conditions_gets_none(s3_case: Case) -> None:
    s3_case.troubles.add(
        when=lambda request: "If-None-Match" in request.headers, times=100, status=501,
        body=s3_error("NotImplemented", "If-None-Match"),
    )  # fmt: skip
    run, end = await drive(s3_case)
    assert isinstance(end, Done)
    assert await s3_case.made(run.publication) == 1


async def test_a_store_that_was_faster_is_looked_at(s3_case: Case) -> None:
    """The look finds nothing, and the write finds something: another attempt of ours, or somebody else."""
    run, _ = await drive(s3_case)
    s3_case.troubles.add(when=lambda request: request.method == "HEAD", times=1, status=404)
    s3_case.troubles.add(
        when=lambda request: request.method in {"PUT", "POST"}, times=1, status=412,
        body=s3_error("PreconditionFailed", "it is there"),
    )  # fmt: skip
    small = replace(run.publication, parcel=replace(run.publication.parcel, main=None))
    _, end = await drive(s3_case, publication=small)
    assert isinstance(end, Done)


async def test_an_upload_that_vanished_begins_again(s3_case: Case) -> None:
    s3_case.troubles.add(
        when=lambda request: request.method == "PUT" and request.query.get("partNumber") == "2",
        times=2, status=404, body=s3_error("NoSuchUpload", "gone"),
    )  # fmt: skip
    run, end = await drive(s3_case)
    assert isinstance(end, Done)
    assert await s3_case.made(run.publication) == 1
    begun = [1 for method, path in s3_case.troubles.asked if method == "POST"]
    assert len(begun) >= 3  # two uploads, and one completed


async def test_keys_that_may_not_look_can_still_write(s3_case: Case) -> None:
    s3_case.troubles.add(
        when=lambda request: request.method in {"HEAD", "GET"}, times=100, status=403, body=""
    )
    run, end = await drive(s3_case)
    assert isinstance(end, Done)
    s3_case.troubles.pending.clear()
    assert await s3_case.made(run.publication) == 1


async def test_a_large_film_in_parts_as_they_are_in_real(s3_case: Case) -> None:
    film = bytes(range(256)) * (17 * MIB // 256) + b"the end"
    platform = replace(s3_case.platform, part_bytes=8 * MIB)  # type: ignore[type-var]  # a dataclass behind its port
    publication = new_publication(s3_case, parcel=parcel(main=asset("film.mp4", "video/mp4", film)))
    run = Drive(platform=platform, publication=publication, dies_unsaved=lambda step: step == 2)
    assert isinstance(await run.run(), Done)
    assert await s3_case.made(publication) == 1
    parts = [path for method, path in s3_case.troubles.asked if method == "PUT" and path.endswith("film.mp4")]
    assert len(parts) == 4  # three, and the one that was sent before the crash


async def test_a_bucket_that_is_not_there_is_named(s3_case: Case) -> None:
    s3_case.config = s3_case.config | {"bucket": "no-such-bucket-at-all"}
    _, end = await drive(s3_case)
    assert isinstance(end, Failed)
    assert end.permanent
    assert "there is no such bucket" in end.reason
