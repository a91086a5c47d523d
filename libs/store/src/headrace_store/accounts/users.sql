-- name: create
INSERT INTO users (id, account_id, email, password_hash, role) VALUES ($1, $2, $3, $4, $5)
RETURNING id, account_id, email, role, created_at, disabled_at

-- name: ensure
INSERT INTO users (id, account_id, email, password_hash, role) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (email) DO NOTHING

-- name: list
SELECT id, account_id, email, role, created_at, disabled_at
FROM users WHERE $1::uuid IS NULL OR account_id = $1
ORDER BY id
LIMIT $2

-- name: by_email
SELECT users.id, account_id, plan, email, password_hash, role
FROM users JOIN accounts ON accounts.id = account_id
WHERE email = $1 AND users.disabled_at IS NULL AND accounts.disabled_at IS NULL

-- name: exists
SELECT EXISTS (SELECT 1 FROM users WHERE email = $1)

-- name: set_disabled
UPDATE users SET disabled_at = CASE WHEN $2::boolean THEN coalesce(disabled_at, now()) END WHERE email = $1
RETURNING id

-- name: set_password
-- Whoever is logged in with the old one is logged out.
WITH ended AS (
    UPDATE sessions SET ended_at = now() FROM users
    WHERE users.email = $1 AND user_id = users.id AND ended_at IS NULL
)
UPDATE users SET password_hash = $2 WHERE email = $1 RETURNING id
