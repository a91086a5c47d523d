"""Servers that speak Mastodon's client API (docs.joinmastodon.org)."""
