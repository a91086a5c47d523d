-- Why a job waits: who is online.

-- name: agents_online
-- Every agent that was heard of in the last $1 seconds, with what it lacks for the pool $2.
SELECT agent, platform, pools, draining, transport, missing ->> $2 AS lacks FROM agents
WHERE gone_at IS NULL AND seen_at > now() - make_interval(secs => $1)
ORDER BY agent
LIMIT 1000
