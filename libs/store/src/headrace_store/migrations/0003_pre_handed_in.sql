-- A file that the holder of a claim hands in before it says how the run ended, whichever replica it then tells.
CREATE TABLE handed_in (
    job_id uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    -- Of the attempt that sent it: a later one starts without.
    fence bigint NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    mime text NOT NULL,
    size bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
