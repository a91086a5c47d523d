"""Video production: an upload or a prompt becomes a video with thumbnail, title, description and tags."""
