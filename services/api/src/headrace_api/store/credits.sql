-- The ledger.

-- name: balance
SELECT balance FROM wallets WHERE account_id = $1

-- name: moves
-- The account's side of each move, youngest first.
SELECT amount, kind, job_id, at FROM ledger
WHERE for_account = $1 AND account_id IS NOT NULL
ORDER BY id DESC LIMIT $2 OFFSET $3
