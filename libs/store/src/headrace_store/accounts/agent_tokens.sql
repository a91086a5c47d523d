-- name: create
INSERT INTO agent_tokens (id, name, token_hash) VALUES ($1, $2, $3)
RETURNING id, name, created_at, revoked_at

-- name: list
SELECT id, name, created_at, revoked_at FROM agent_tokens ORDER BY id LIMIT $1

-- name: revoke
UPDATE agent_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING id
