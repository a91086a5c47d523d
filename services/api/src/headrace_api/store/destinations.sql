-- Where accounts publish to.

-- name: add
INSERT INTO destinations (id, account_id, name, platform, config, secret, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
RETURNING id

-- name: list
SELECT id, account_id, name, platform, config, secret IS NOT NULL AS has_secret, created_at FROM destinations
WHERE account_id = $1 AND deleted_at IS NULL
ORDER BY name

-- name: delete
UPDATE destinations SET deleted_at = now() WHERE account_id = $1 AND name = $2 AND deleted_at IS NULL RETURNING id
