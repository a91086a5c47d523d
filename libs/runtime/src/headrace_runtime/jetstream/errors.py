"""What can go wrong between us and JetStream, as types."""

from __future__ import annotations


class JetStreamError(Exception):
    """JetStream did not do what it was asked."""


class JetStreamUnavailableError(JetStreamError):
    """No JetStream answered in time: the server is away, restarting or without JetStream."""


class ApiError(JetStreamError):
    """The JetStream API refused a request; ``code`` is the server's ``err_code``."""

    def __init__(self, what: str, *, code: int, description: str) -> None:
        super().__init__(f"{what}: {description} (JetStream error {code})")
        self.code = code
        self.description = description


class ConsumerGone(JetStreamError):  # noqa: N818 - a state to act on (create it again), not a fault
    """The consumer, or its stream, does not exist any more; create it again and fetch on."""

    def __init__(self, stream: str, consumer: str, reason: str) -> None:
        super().__init__(f"consumer {consumer} of stream {stream} is gone: {reason}")
        self.stream = stream
        self.consumer = consumer
        self.reason = reason
