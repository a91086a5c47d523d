"""Where an account publishes to: the config and the secret of each platform, and what is wrong with them. Pure.

The API checks ``POST /v1/destinations`` with ``parse_destination``; the publisher reads the stored row with the same.
``config`` is kept and shown as it is; ``secret`` is kept sealed and never shown. No message of
this module repeats a value that was given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from headrace_contracts.addresses import check_url
from headrace_contracts.signing import SecretError, parse_secret

_LOOPBACK = "allow_loopback"
_BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
#: Of the sender's own, so that it can't stand in for one that HTTP gives a meaning.
_HEADER = r"^[Xx]-[A-Za-z0-9-]{1,98}$"
_PLACES = re.compile(r"\{[^{}]*\}")


def check_target(url: str, *, allow_loopback: bool) -> str | None:
    """What is wrong with an address that credentials are sent to; None when it may be used.

    https only, but for this machine itself where loopback is allowed. The address that a name leads to is judged at
    the moment of the connection.
    """
    wrong = check_url(url, allow_http=allow_loopback, allow_loopback=allow_loopback)
    if wrong is None and urlsplit(url).scheme == "http" and not _is_loopback(url):
        return "the URL must begin with https://; credentials are sent there"
    return wrong


def _is_loopback(url: str) -> bool:
    """Whether ``url``, which is a good one where loopback is allowed, is bad where it is not."""
    return check_url(url, allow_http=True, allow_loopback=False) is not None


def _target(url: str, info: ValidationInfo) -> str:
    wrong = check_target(url, allow_loopback=bool((info.context or {}).get(_LOOPBACK, False)))
    if wrong is not None:
        raise ValueError(wrong)
    return url


def _no_slash(url: str) -> str:
    if "?" in url or "#" in url:
        raise ValueError("a base URL has no query and no fragment")
    return url.rstrip("/")


Target = Annotated[str, AfterValidator(_target)]
BaseUrl = Annotated[str, AfterValidator(_target), AfterValidator(_no_slash)]
Credential = Annotated[SecretStr, Field(min_length=1, max_length=4096)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class S3Config(_Model):
    """Objects ``<prefix>/<job id>/<file name>`` in a bucket."""

    #: None: the site's own store, with its own keys; everything then lies under ``published/``.
    endpoint_url: BaseUrl | None = None
    #: None: the site's own bucket; only together with the site's own store.
    bucket: Annotated[str, Field(pattern=_BUCKET)] | None = None
    prefix: str = Field(default="", max_length=500)
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")

    @field_validator("prefix")
    @classmethod
    def _plain(cls, value: str) -> str:
        parts = [part for part in value.split("/") if part]
        if any(part in {".", ".."} for part in parts) or not value.isprintable() or "\\" in value:
            raise ValueError("a prefix is made of plain names divided by /, without . and ..")
        return "/".join(parts)

    @model_validator(mode="after")
    def _bucket_of_a_store(self) -> Self:
        if self.endpoint_url is not None and self.bucket is None:
            raise ValueError("bucket is needed together with endpoint_url")
        return self


class S3Secret(_Model):
    access_key: Credential
    secret_key: Credential


class HttpConfig(_Model):
    """One request a file. ``{job_id}`` and ``{name}`` in the URL are replaced.

    Without ``{name}`` in it only one file is sent: the main one, or ``result.json`` where there is none.
    """

    url: str = Field(max_length=2000)
    method: Literal["PUT", "POST"] = "PUT"
    #: ``standard``: the three headers of Standard Webhooks. ``hmac``: ``sha256=<hex>`` of the body in ``header``.
    signature: Literal["standard", "hmac"] = "standard"
    header: str = Field(default="X-Headrace-Signature", pattern=_HEADER)

    @field_validator("url")
    @classmethod
    def _template(cls, value: str, info: ValidationInfo) -> str:
        unknown = set(_PLACES.findall(value)) - {"{job_id}", "{name}"}
        if unknown:
            raise ValueError("the only placeholders of a URL are {job_id} and {name}")
        host, slash, _ = value.partition("://")[2].partition("/")
        if "{" in host or (not slash and "{" in value):
            raise ValueError("placeholders may stand after the host only")
        _target(value.replace("{job_id}", "0" * 36).replace("{name}", "name"), info)
        return value


class HttpSecret(_Model):
    #: The key of the signature: ``whsec_<base64>`` for ``standard``, any text of 16 characters or more for ``hmac``.
    signing_secret: Annotated[SecretStr, Field(min_length=16, max_length=1024)]
    #: Sent as ``Authorization``, when there is one.
    authorization: Credential | None = None

    @field_validator("authorization")
    @classmethod
    def _header_text(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not (
            value.get_secret_value().isascii() and value.get_secret_value().isprintable()
        ):
            raise ValueError("the value of a header is printable ASCII")
        return value


class MastodonConfig(_Model):
    """A status with the files on a server that speaks Mastodon's API."""

    #: Of the instance, e.g. ``https://mastodon.example``.
    base_url: BaseUrl
    visibility: Literal["public", "unlisted", "private", "direct"] = "public"
    sensitive: bool = False
    #: ISO 639-1, e.g. ``en``.
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] | None = None
    #: A text that readers see before they open the status.
    spoiler_text: str = Field(default="", max_length=200)


class MastodonSecret(_Model):
    #: With the scopes ``write:media`` and ``write:statuses``.
    access_token: Credential


class YouTubeConfig(_Model):
    """A video on a channel, through YouTube Data API v3."""

    privacy: Literal["private", "unlisted", "public"] = "private"
    #: The video is private at first, and public so many seconds after its upload began.
    publish_after_s: Annotated[int, Field(ge=900, le=2 * 365 * 86400)] | None = None
    category_id: str = Field(default="22", pattern=r"^[0-9]{1,4}$")
    made_for_kids: bool = False
    notify_subscribers: bool = False
    base_url: BaseUrl = "https://www.googleapis.com"
    token_url: Target = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
    #: Where people see a video: its id is put behind it.
    watch_url: str = Field(
        default="https://www.youtube.com/watch?v=", max_length=500, pattern=r"^https?://\S+$"
    )

    @model_validator(mode="after")
    def _only_private_is_scheduled(self) -> Self:
        if self.publish_after_s is not None and self.privacy != "private":
            raise ValueError("publish_after_s needs privacy private: YouTube schedules private videos only")
        return self


class YouTubeSecret(_Model):
    """An OAuth client with a refresh token of the channel's owner, scope ``youtube``."""

    client_id: Credential
    client_secret: Credential
    refresh_token: Credential


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """``field``: ``platform``, ``config.<name>``, ``secret.<name>``, ``config`` or ``secret``."""

    field: str
    message: str


class DestinationError(ValueError):
    """A destination that can't be: every field that is wrong. Holds no value that was given."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """A destination that is well formed. ``secret`` is None for the site's own store only."""

    platform: str
    config: BaseModel
    secret: BaseModel | None = field(repr=False)

    def config_json(self) -> str:
        """What is kept in ``destinations.config`` and shown."""
        return self.config.model_dump_json(exclude_none=True)

    def secret_json(self) -> bytes | None:
        """What is sealed into ``destinations.secret``."""
        if self.secret is None:
            return None
        shown = {
            name: value.get_secret_value() for name, value in self.secret if isinstance(value, SecretStr)
        }
        return msgspec.json.encode(shown)


_MODELS: Mapping[str, tuple[type[BaseModel], type[BaseModel]]] = MappingProxyType(
    {
        "s3": (S3Config, S3Secret),
        "http": (HttpConfig, HttpSecret),
        "mastodon": (MastodonConfig, MastodonSecret),
        "youtube": (YouTubeConfig, YouTubeSecret),
    }
)
PLATFORMS: tuple[str, ...] = tuple(_MODELS)


def parse_destination(
    platform: str, config: Mapping[str, Any], secret: Mapping[str, Any] | None, *, allow_loopback: bool
) -> Destination:
    """Read what a client gave, or what is stored.

    ``allow_loopback``: addresses on this machine are taken, and plain http to them (a stack on one machine).
    Raises DestinationError.
    """
    models = _MODELS.get(platform)
    if models is None:
        raise DestinationError((Problem(field="platform", message=f"must be one of {', '.join(PLATFORMS)}"),))
    context = {_LOOPBACK: allow_loopback}
    problems: list[Problem] = []
    read_config = _read(models[0], "config", config, context, problems)
    read_secret = None if secret is None else _read(models[1], "secret", secret, context, problems)
    if read_config is not None and not (secret is not None and read_secret is None):
        problems += _together(read_config, read_secret)
    if problems or read_config is None:
        raise DestinationError(tuple(problems))
    return Destination(platform=platform, config=read_config, secret=read_secret)


def _read(
    model: type[BaseModel],
    place: str,
    given: Mapping[str, Any],
    context: Mapping[str, bool],
    problems: list[Problem],
) -> BaseModel | None:
    try:
        return model.model_validate(dict(given), context=context)
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            # A key that is not known is the client's text too; what is known is named in full.
            known = [str(part) for part in wrong["loc"] if part in model.model_fields]
            if wrong["type"] == "extra_forbidden":
                message = f"holds a field that is not known; known are {', '.join(model.model_fields)}"
            elif wrong["type"] == "too_short":
                message = f"should have at least {wrong['ctx']['min_length']} characters"
            elif wrong["type"] == "too_long":
                message = f"should have at most {wrong['ctx']['max_length']} characters"
            else:
                message = wrong["msg"].removeprefix("Value error, ")
            problems.append(Problem(field=".".join([place, *known]), message=message))
        return None


def _together(config: BaseModel, secret: BaseModel | None) -> list[Problem]:
    """What is wrong with a config and a secret that are right each by itself."""
    if isinstance(config, S3Config) and config.endpoint_url is None:
        if secret is not None:
            message = "the site's own store needs no keys; give endpoint_url in config for another one"
            return [Problem(field="secret", message=message)]
        return []
    if secret is None:
        return [Problem(field="secret", message="is needed for this platform")]
    if isinstance(config, HttpConfig) and isinstance(secret, HttpSecret) and config.signature == "standard":
        try:
            parse_secret(secret.signing_secret.get_secret_value())
        except SecretError as error:
            return [Problem(field="secret.signing_secret", message=str(error))]
    return []
