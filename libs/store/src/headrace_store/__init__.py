"""The record: migrations, named queries and repositories in Postgres; bytes in S3."""
