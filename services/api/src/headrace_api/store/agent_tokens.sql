-- name: live_hashes
SELECT token_hash FROM agent_tokens WHERE revoked_at IS NULL
