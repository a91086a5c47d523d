-- Templates of accounts.

-- name: add
INSERT INTO templates (id, account_id, name, model, options, created_at, retry, queue_timeout_s)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: get
SELECT id, account_id, name, model, options, created_at, retry, queue_timeout_s
FROM templates WHERE id = $1 AND deleted_at IS NULL

-- name: list
SELECT id, account_id, name, model, options, created_at, retry, queue_timeout_s FROM templates
WHERE account_id = $1 AND deleted_at IS NULL
ORDER BY id DESC LIMIT $2 OFFSET $3

-- name: update
UPDATE templates SET name = $2, model = $3, options = $4, retry = $5, queue_timeout_s = $6
WHERE id = $1 AND deleted_at IS NULL

-- name: delete
UPDATE templates SET deleted_at = now() WHERE id = $1
