-- Files that clients sent ahead.

-- name: add
INSERT INTO files (id, account_id, key, name, mime, size, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: get
SELECT id, account_id, key, name, mime, size, created_at, expires_at FROM files WHERE id = $1 AND deleted_at IS NULL

-- name: list
SELECT id, account_id, key, name, mime, size, created_at, expires_at FROM files
WHERE account_id = $1 AND deleted_at IS NULL AND expires_at > now() AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC LIMIT $2

-- name: arrived
-- The first look at an uploaded file settles what it is.
UPDATE files SET key = $2, size = $3, mime = $4 WHERE id = $1 AND size IS NULL RETURNING id

-- name: delete
UPDATE files SET deleted_at = now() WHERE id = $1
