-- What operators have stopped for now.

-- name: paused
SELECT pool, reason, paused_at FROM paused_pools ORDER BY pool LIMIT 10000

-- name: is_pool
SELECT EXISTS (SELECT FROM pools WHERE name = $1)

-- name: drained
SELECT agent, reason, drained_at FROM agent_drains WHERE agent = $1

-- name: is_agent
SELECT EXISTS (SELECT FROM agents WHERE agent = $1)
