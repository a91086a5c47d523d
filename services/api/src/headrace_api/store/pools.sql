-- An operator's pools.

-- name: list
SELECT name, description, platform, gpu_type, gpu_count, vram_gb, price_per_hour::double precision AS price_per_hour,
    models, created_at
FROM pools
ORDER BY name
LIMIT 10000

-- name: put
-- True when the row is new.
INSERT INTO pools (name, description, platform, gpu_type, gpu_count, vram_gb, price_per_hour, models, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::double precision::numeric, $8, $9)
ON CONFLICT (name) DO UPDATE SET description = excluded.description, platform = excluded.platform,
    gpu_type = excluded.gpu_type, gpu_count = excluded.gpu_count, vram_gb = excluded.vram_gb,
    price_per_hour = excluded.price_per_hour, models = excluded.models
RETURNING xmax = 0

-- name: delete
DELETE FROM pools WHERE name = $1 RETURNING name

-- name: used
SELECT EXISTS (SELECT FROM jobs WHERE state = 'queued' AND pool = $1)
    OR EXISTS (SELECT FROM jobs WHERE released AND state IN ('queued', 'claimed', 'running') AND pool = $1)
    OR EXISTS (SELECT FROM jobs WHERE state = 'scheduled' AND pool = $1)
