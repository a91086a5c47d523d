"""From a row of the record to a publication with its destination opened, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from headrace_contracts.destinations import Destination, DestinationError, parse_destination
from headrace_contracts.jobs.view import JobDocument
from headrace_publisher.export.document import UnexportableError
from headrace_publisher.platforms.platform import Failed, Publication
from headrace_publisher.publish.pack import Pack
from headrace_publisher.store.publications import Begun
from headrace_store.blobs.errors import BlobError
from headrace_store.sealed import Box, WrongKeyError


@dataclass(frozen=True, kw_only=True, slots=True)
class Opener:
    """Opens the destinations' secrets with the site's key."""

    box: Box = field(repr=False)
    allow_loopback: bool

    def open(self, begun: Begun) -> Destination | Failed:
        """The destination as it was made, checked by the rules of today."""
        try:
            secret = None
            if begun.secret is not None:
                secret = msgspec.json.decode(
                    self.box.open(begun.destination_id, begun.secret), type=dict[str, str]
                )
            return parse_destination(begun.platform, begun.config, secret, allow_loopback=self.allow_loopback)
        except WrongKeyError as error:
            return Failed(reason=str(error), permanent=False)
        except DestinationError as error:
            return Failed(reason=f"the destination can't be used: {error}", permanent=True)
        except msgspec.MsgspecError:
            return Failed(reason="the secret of the destination can't be read; make it anew", permanent=True)


async def prepare(
    begun: Begun, document: JobDocument, destination: Destination, pack: Pack, hide: Callable[[str], None]
) -> Publication | Failed:
    """The publication with what is to be published."""
    try:
        parcel = await pack(document)
    except UnexportableError as error:
        return Failed(reason=str(error), permanent=True)
    except BlobError as error:
        return Failed(reason=f"the store of the results: {error}", permanent=False)
    return Publication(
        id=begun.id, destination_id=begun.destination_id, destination=destination, parcel=parcel, hide=hide
    )
