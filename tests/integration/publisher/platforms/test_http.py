"""What only the plain receiver has: two kinds of signatures, one file or all, where it says that it keeps them."""

from __future__ import annotations

import pytest
from tests.support.platforms.cases import Case, new_publication
from tests.support.platforms.driver import Drive
from tests.support.platforms.parcels import DOCUMENT, VIDEO, asset, parcel

from headrace_publisher.platforms.platform import Done, Failed


@pytest.mark.parametrize("signature", ["standard", "hmac"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_signatures_are_genuine(http_case: Case, signature: str, method: str) -> None:
    http_case.config |= {"signature": signature, "method": method}
    run = Drive(platform=http_case.platform, publication=new_publication(http_case))
    assert isinstance(await run.run(), Done)  # the receiver checks them
    assert await http_case.made(run.publication) == 1
    for arrival in http_case.server.arrivals:
        assert arrival.method == method
        assert ("webhook-signature" in arrival.headers) == (signature == "standard")
        assert int(arrival.headers["content-length"]) == len(arrival.body)
        assert "transfer-encoding" not in arrival.headers


async def test_a_wrong_signing_secret_is_told(http_case: Case) -> None:
    http_case.secret |= {"signing_secret": "whsec_" + "QUFB" * 8}
    run = Drive(platform=http_case.platform, publication=new_publication(http_case))
    end = await run.run()
    assert isinstance(end, Failed)
    assert end.permanent
    assert http_case.server.arrivals == []


@pytest.mark.parametrize(("main", "body"), [(True, VIDEO), (False, DOCUMENT)])
async def test_without_a_name_in_the_url_one_file_is_sent(http_case: Case, main: bool, body: bytes) -> None:
    http_case.config |= {"url": f"{http_case.server.url}/drop"}
    film = asset("film.mp4", "video/mp4", VIDEO) if main else None
    publication = new_publication(http_case, parcel=parcel(main=film, extras=()))
    end = await Drive(platform=http_case.platform, publication=publication).run()
    (arrival,) = http_case.server.arrivals
    assert arrival.body == body
    assert end == Done(url=f"{http_case.server.url}/drop?v=1")
    assert arrival.headers["idempotency-key"] == arrival.headers["webhook-id"] == f"{publication.id}-0"


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "http://10.0.0.1/x", "ftp://a.example/x", "//[", ""]
)
async def test_where_a_receiver_says_it_is_has_to_be_an_address(http_case: Case, location: str) -> None:
    http_case.troubles.add(times=9, status=201, headers={"Location": location} if location else {})
    publication = new_publication(http_case)
    end = await Drive(platform=http_case.platform, publication=publication).run()
    assert end == Done(url=f"{http_case.server.url}/in/{publication.parcel.job_id}/film.mp4")


async def test_names_in_a_url_are_encoded(http_case: Case) -> None:
    film = asset("a b/../ü?#.mp4", "video/mp4", VIDEO)
    publication = new_publication(http_case, parcel=parcel(main=film, extras=()))
    await Drive(platform=http_case.platform, publication=publication).run()
    assert http_case.server.arrivals[0].path == f"/in/{publication.parcel.job_id}/a b/../ü?#.mp4"
    assert http_case.server.arrivals[0].headers["x-headrace-file"] == "a%20b%2F..%2F%C3%BC%3F%23.mp4"
