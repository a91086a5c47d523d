"""Sizes that two processes must agree on."""

from __future__ import annotations

#: A JSON result up to this size is kept in the record; a larger one goes to S3.
INLINE_RESULT_BYTES = 64 * 1024
#: A payload up to this size travels inside the WORK message.
PAYLOAD_BYTES = 256 * 1024
#: The most that is kept of a failure reason or of a progress message.
REASON_CHARS = 4000
#: The most that is kept in the record of one job's output lines.
OUTPUT_BYTES = 256 * 1024
#: Ack wait of a lane's consumer, in seconds: the lease of a JetStream agent.
ACK_WAIT_S = 15.0
#: A JetStream agent says that it still works this often, in seconds.
KEEPALIVE_S = 5.0
#: An agent that was not heard of for so long is not online any more.
AGENT_SILENT_S = ACK_WAIT_S + 3.0
#: Attempts before a job fails for good, crashes included.
MAX_ATTEMPTS = 3
