"""What may be inside an archive that a stranger sends, before another machine unpacks it."""
