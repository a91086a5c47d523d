"""The dialects that this API speaks: the one place that names them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiohttp import web

from headrace_api.core.core import Core
from headrace_api.dialects.auraflux.app import make_app as make_auraflux
from headrace_api.dialects.auraflux.settings import AurafluxSettings
from headrace_api.dialects.auralis.app import make_app as make_auralis
from headrace_api.dialects.auralis.settings import AuralisSettings
from headrace_api.dialects.jobserver.app import make_app as make_jobserver
from headrace_api.dialects.jobserver.settings import JobserverSettings
from headrace_api.dialects.native.app import make_app as make_native
from headrace_api.dialects.native.settings import NativeSettings
from headrace_api.dialects.radiance.app import make_app as make_radiance
from headrace_api.dialects.radiance.settings import RadianceSettings
from headrace_api.http.body import BodyPatience
from headrace_api.settings import ApiSettings
from headrace_contracts.ids import hash_token

#: An application can be mounted, or served on a port, once: each place makes one of its own.
MakeApp = Callable[[], web.Application]


#: The dialect at the root, in which the others are mounted.
ROOT = "native"


def makers(core: Core, settings: ApiSettings) -> Mapping[str, MakeApp]:
    """What makes each dialect, by its name; ``headrace_api.settings.DIALECTS`` has the same names."""
    patience = BodyPatience(idle_s=settings.body_timeout_s, min_bytes_per_s=settings.body_min_bytes_per_s)
    return {
        "radiance": lambda: make_radiance(core, _radiance(settings, patience)),
        "auralis": lambda: make_auralis(core, _auralis(settings, patience)),
        "auraflux": lambda: make_auraflux(core, _auraflux(settings, patience)),
        "jobserver": lambda: make_jobserver(core, _jobserver(settings, patience)),
        ROOT: lambda: make_native(core, _native(settings, patience)),
    }


def _radiance(settings: ApiSettings, patience: BodyPatience) -> RadianceSettings:
    secret = settings.radiance_client_key
    keys = [] if secret is None else [key.strip() for key in secret.get_secret_value().split(",")]
    return RadianceSettings(
        public=settings.radiance_public,
        client_key_hashes=frozenset(hash_token(key) for key in keys if key),
        patience=patience,
        max_batch_bytes=settings.max_batch_bytes,
        max_result_json_bytes=settings.max_result_json_bytes,
        write_timeout_s=settings.write_timeout_s,
        lease_s=settings.rest_lease_s,
    )


def _auraflux(settings: ApiSettings, patience: BodyPatience) -> AurafluxSettings:
    return AurafluxSettings(
        patience=patience,
        max_upload_bytes=settings.max_video_bytes,
        per_minute=settings.auraflux_per_minute,
        link_s=settings.download_url_s,
    )


def _jobserver(settings: ApiSettings, patience: BodyPatience) -> JobserverSettings:
    return JobserverSettings(
        open_registration_account=settings.open_registration_account if settings.open_registration else None,
        trusted_proxies=settings.trusted_proxies,
        session_s=settings.session_s,
        patience=patience,
        max_output_body_bytes=settings.max_result_json_bytes,
        write_timeout_s=settings.write_timeout_s,
    )


def _auralis(settings: ApiSettings, patience: BodyPatience) -> AuralisSettings:
    return AuralisSettings(
        bucket=settings.s3_bucket,
        patience=patience,
        max_output_bytes=settings.max_output_file_bytes,
        download_url_s=settings.download_url_s,
        write_timeout_s=settings.write_timeout_s,
    )


def _native(settings: ApiSettings, patience: BodyPatience) -> NativeSettings:
    return NativeSettings(
        patience=patience,
        max_batch_bytes=settings.max_batch_bytes,
        write_timeout_s=settings.write_timeout_s,
        link_s=settings.download_url_s,
        bucket=settings.s3_bucket,
        allow_loopback=settings.allow_loopback_webhooks,
    )
