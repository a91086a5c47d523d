-- name: create
INSERT INTO api_keys (id, account_id, kind, name, hint, key_hash, scopes, expires_at, per_minute, per_hour)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING id, account_id, kind, name, hint, scopes, per_minute, per_hour, created_at, expires_at, last_used_at, revoked_at

-- name: ensure
INSERT INTO api_keys (id, account_id, kind, name, hint, key_hash, scopes) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (key_hash) DO NOTHING

-- name: list
SELECT id, account_id, kind, name, hint, scopes, per_minute, per_hour, created_at, expires_at, last_used_at, revoked_at
FROM api_keys WHERE account_id = $1
ORDER BY id DESC
LIMIT $2

-- name: list_all
SELECT id, account_id, kind, name, hint, scopes, per_minute, per_hour, created_at, expires_at, last_used_at, revoked_at
FROM api_keys
ORDER BY id DESC
LIMIT $1

-- name: revoke
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $2 AND ($1::uuid IS NULL OR account_id = $1)
RETURNING id

-- name: live
-- The keys with these hashes that open anything now.
SELECT api_keys.id, account_id, plan, kind, scopes, per_minute, per_hour, last_used_at, key_hash
FROM api_keys JOIN accounts ON accounts.id = account_id
WHERE key_hash = ANY($1) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AND disabled_at IS NULL

-- name: touch
-- At most once a minute a key, whoever else writes it, too. Rows in the order of ids: two processes never deadlock.
UPDATE api_keys SET last_used_at = now()
WHERE id IN (
    SELECT id FROM api_keys
    WHERE id = ANY($1) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    ORDER BY id
    FOR UPDATE
)
