"""YouTube Data API v3: resumable uploads (developers.google.com/youtube/v3/guides)."""
