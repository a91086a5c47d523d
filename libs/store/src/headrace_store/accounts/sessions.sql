-- name: open
INSERT INTO sessions (id, user_id, expires_at, refresh_until)
VALUES ($1, $2, now() + make_interval(secs => $3), now() + make_interval(secs => $4))
RETURNING expires_at

-- name: find
-- Whose session it is. $2: true takes one whose token has expired, while it may be refreshed.
SELECT user_id, account_id, plan, email, role
FROM sessions JOIN users ON users.id = user_id JOIN accounts ON accounts.id = account_id
WHERE sessions.id = $1 AND ended_at IS NULL AND users.disabled_at IS NULL AND accounts.disabled_at IS NULL
    AND (sessions.expires_at > now() OR ($2 AND refresh_until > now()))

-- name: live
-- Whose sessions they are, of those that live.
SELECT sessions.id, user_id, account_id, plan, email, role
FROM sessions JOIN users ON users.id = user_id JOIN accounts ON accounts.id = account_id
WHERE sessions.id = ANY ($1::uuid[]) AND ended_at IS NULL AND users.disabled_at IS NULL
    AND accounts.disabled_at IS NULL AND sessions.expires_at > now()

-- name: extend
UPDATE sessions
SET expires_at = now() + make_interval(secs => $2), refresh_until = now() + make_interval(secs => $3)
WHERE id = $1 AND ended_at IS NULL
RETURNING expires_at

-- name: end
UPDATE sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL

-- name: forget
-- Those that can't be refreshed any more.
DELETE FROM sessions WHERE refresh_until < now()
