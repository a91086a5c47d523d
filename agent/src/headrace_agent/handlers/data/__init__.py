"""Tables for the handlers: loaded, profiled and queried in a locked-down DuckDB.

The SQL here is composed for the columns of an unknown table, so it can't live in .sql files. Names are quoted
and values are parameters, always.
"""
