-- name: set_user_ref
UPDATE accounts SET user_ref = $2 WHERE id = $1 AND user_ref <> $2

-- name: destination
SELECT id FROM destinations WHERE account_id = $1 AND name = $2 AND deleted_at IS NULL FOR UPDATE

-- name: put_destination
INSERT INTO destinations (id, account_id, name, platform, config, secret) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE
SET platform = excluded.platform, config = excluded.config, secret = excluded.secret
