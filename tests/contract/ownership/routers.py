"""Every route that the dialects really have, read from their routers."""

from __future__ import annotations

from unittest.mock import MagicMock

from aiohttp.web_urldispatcher import PrefixedSubAppResource

from headrace_api.mounts import makers
from headrace_api.settings import ApiSettings


def routes() -> set[tuple[str, str, str]]:
    """Dialect, method and path; HEAD goes with GET."""
    settings = ApiSettings(
        postgres_url="postgresql://nowhere",
        s3_endpoint_url="http://nowhere",
        s3_access_key="a",
        s3_secret_key="b",
    )
    found = set()
    # No route runs: the core only has to be there.
    for dialect, make in makers(MagicMock(), settings).items():
        for resource in make().router.resources():
            assert not isinstance(resource, PrefixedSubAppResource)
            found |= {
                (dialect, route.method, resource.canonical) for route in resource if route.method != "HEAD"
            }
    return found
