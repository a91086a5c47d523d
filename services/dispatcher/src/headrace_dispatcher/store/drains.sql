-- Agents that are to take no more jobs, by their names.

-- name: drain
INSERT INTO agent_drains (agent, reason) VALUES ($1, $2) ON CONFLICT (agent) DO UPDATE SET reason = excluded.reason

-- name: resume
DELETE FROM agent_drains WHERE agent = $1

-- name: instances
-- The runs of an agent that are online and take their jobs from JetStream.
SELECT instance FROM agents WHERE gone_at IS NULL AND agent = $1 AND transport = 'jetstream'
