"""The rules: pure functions over notes and record."""
