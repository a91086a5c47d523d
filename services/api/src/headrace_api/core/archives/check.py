"""Whether an archive is taken, judged by its content."""

from __future__ import annotations

from typing import IO

from headrace_api.core.archives.limits import ArchiveError, ArchiveLimits
from headrace_api.core.archives.tally import Tally
from headrace_api.core.archives.tars import check_tar, check_tar_gz
from headrace_api.core.archives.zips import check_zip
from headrace_contracts.catalogue.project import GZIP, TAR, ZIP

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"


def check_archive(file: IO[bytes], size: int, limits: ArchiveLimits) -> str:
    """The canonical type of the archive of ``size`` bytes: ZIP, TAR or GZIP (a tar in it).

    It reads all of it, so it belongs into a thread. Raises ArchiveError with the reason why it is not taken: it is no
    archive, broken, encrypted, a bomb, or has members that are links, devices, or leave the folder.
    """
    tally = Tally(limits, size)
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if not head:
        raise ArchiveError("the file is empty")
    if head in _ZIP:
        kind, check = ZIP, check_zip
    elif head.startswith(_GZIP):
        kind, check = GZIP, check_tar_gz
    else:
        kind, check = TAR, check_tar
    check(file, tally)
    if not tally.files:
        raise ArchiveError("there is no file in it")
    return kind
