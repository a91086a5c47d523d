"""The account that an embedded stack is born with, and what opens it."""

from __future__ import annotations

from uuid import UUID

import msgspec

from headrace.embedded.s3 import S3Server
from headrace.embedded.secrets_file import StackSecrets
from headrace_store.provision import Admin, FirstAccount, FirstDestination

#: The same in every state folder: it opens nothing by itself.
DEV_ACCOUNT = UUID("00000000-0000-7000-8000-000000000002")
ADMIN_EMAIL = "admin@localhost"
#: Destinations that work offline: folders of the stack's own bucket.
PLATFORMS = ("archive", "mirror")
_CREDITS = 1000


def dev_account(secrets: StackSecrets, s3: S3Server) -> str:
    """What HEADRACE_PROVISION is set to."""
    first = FirstAccount(
        id=DEV_ACCOUNT,
        name="development",
        plan="operate",
        user_ref=secrets.user_ref,
        credits=_CREDITS,
        keys={"native": secrets.native_key, "auraflux": secrets.auraflux_key},
        admin=Admin(email=ADMIN_EMAIL, password=secrets.admin_password),
        destinations=[
            FirstDestination(
                name=name,
                platform="s3",
                config={
                    "endpoint_url": s3.url,
                    "bucket": s3.bucket,
                    "prefix": f"published/{name}",
                    "region": s3.region,
                },
                secret={"access_key": s3.access_key, "secret_key": s3.secret_key},
            )
            for name in PLATFORMS
        ],
    )
    return msgspec.json.encode(first).decode()
