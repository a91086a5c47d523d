"""The embedded stack: servers from wheels and the supervisor that keeps them and the services running."""
