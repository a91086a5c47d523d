-- name: create
INSERT INTO accounts (id, name, plan) VALUES ($1, $2, $3)
RETURNING id, name, plan, user_ref, created_at, disabled_at, max_queued, max_running, 0::bigint AS balance

-- name: ensure
INSERT INTO accounts (id, name, plan) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING

-- name: get
SELECT accounts.id, name, plan, user_ref, created_at, disabled_at, max_queued, max_running,
    coalesce(balance, 0) AS balance
FROM accounts LEFT JOIN wallets ON wallets.account_id = accounts.id
WHERE accounts.id = $1

-- name: list
SELECT accounts.id, name, plan, user_ref, created_at, disabled_at, max_queued, max_running,
    coalesce(balance, 0) AS balance
FROM accounts LEFT JOIN wallets ON wallets.account_id = accounts.id
ORDER BY accounts.id
LIMIT $1

-- name: by_user_ref
SELECT id, plan FROM accounts WHERE user_ref = $1 AND disabled_at IS NULL

-- name: set_disabled
UPDATE accounts SET disabled_at = CASE WHEN $2::boolean THEN coalesce(disabled_at, now()) END WHERE id = $1
RETURNING id

-- name: set_limits
-- $2 and $4: whether $3 and $5 take the place of what there is.
UPDATE accounts
SET max_queued = CASE WHEN $2::boolean THEN $3::integer ELSE max_queued END,
    max_running = CASE WHEN $4::boolean THEN $5::integer ELSE max_running END
WHERE id = $1
RETURNING id

-- name: load
-- What the account has waiting, and in motion: in WORK, or held by agents.
SELECT
    (SELECT count(*) FROM jobs WHERE account_id = $1 AND state IN ('scheduled', 'queued')) AS queued,
    (
        SELECT count(*) FROM jobs
        WHERE account_id = $1
            -- The condition of the index, word by word.
            AND CASE state WHEN 'queued' THEN released ELSE state IN ('claimed', 'running') END
    ) AS running

-- name: grant
SELECT move_credits($1, $2, 'grant', NULL)

-- name: was_granted
SELECT EXISTS (SELECT 1 FROM ledger WHERE for_account = $1 AND kind = 'grant')

-- name: hold
-- Nobody else gives this account its first credits meanwhile.
SELECT id FROM accounts WHERE id = $1 FOR UPDATE
