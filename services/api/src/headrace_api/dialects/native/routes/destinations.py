"""Where the account publishes to."""

from __future__ import annotations

from typing import Any

import msgspec

from headrace_api.core.core import Core
from headrace_api.core.destinations import Destination as Kept
from headrace_api.core.errors import NotFoundError, Problem, ValidationError
from headrace_api.dialects.native import ids
from headrace_api.dialects.native.route import Call, Reply, Route
from headrace_api.dialects.native.schemas.things import Destination, DestinationBody, DestinationList
from headrace_api.dialects.native.settings import NativeSettings
from headrace_contracts.destinations import DestinationError, parse_destination
from headrace_contracts.scopes import ADMIN

TAG = "Destinations"


class DestinationRoutes:
    def __init__(self, core: Core, settings: NativeSettings) -> None:
        self._core = core
        self._settings = settings

    async def create(self, call: Call[DestinationBody, Any]) -> Reply:
        body = call.body
        try:
            checked = parse_destination(
                body.platform, body.config, body.secret, allow_loopback=self._settings.allow_loopback
            )
        except DestinationError as error:
            raise ValidationError([Problem(each.field, each.message) for each in error.problems]) from None
        secret = checked.secret_json()
        kept = await self._core.destinations.create(
            call.who.account_id,
            name=body.name,
            platform=body.platform,
            config=msgspec.json.decode(checked.config_json()),
            secret={} if secret is None else msgspec.json.decode(secret),
        )
        return Reply(answer=_shown(kept), headers={"Location": f"/v1/destinations/{kept.name}"})

    async def listed(self, call: Call[Any, Any]) -> DestinationList:
        kept = await self._core.destinations.listed(call.who.account_id)
        return DestinationList(destinations=[_shown(each) for each in kept])

    async def delete(self, call: Call[Any, Any]) -> None:
        if not call.path("name").isprintable():
            raise NotFoundError("destination")
        await self._core.destinations.delete(call.who.account_id, call.path("name"))


def _shown(kept: Kept) -> Destination:
    return Destination.model_construct(
        destination_id=ids.shown(ids.DESTINATION, kept.id),
        name=kept.name,
        platform=kept.platform,
        config=kept.config,
        has_secret=kept.has_secret,
        created_at=kept.created_at,
    )


def routes(core: Core, settings: NativeSettings) -> list[Route]:
    destinations = DestinationRoutes(core, settings)
    return [
        Route(method="POST", path="/v1/destinations", handle=destinations.create, tag=TAG, scope=ADMIN,
              summary="Keep a destination", body=DestinationBody, answer=Destination, status=201,
              refuses={409: "There is one of this name"}),
        Route(method="GET", path="/v1/destinations", handle=destinations.listed, tag=TAG, scope=ADMIN,
              summary="List destinations, without their credentials", answer=DestinationList),
        Route(method="DELETE", path="/v1/destinations/{name}", handle=destinations.delete, tag=TAG,
              scope=ADMIN, summary="Forget a destination", status=204,
              refuses={404: "Destination not found"}),
    ]  # fmt: skip
