"""What the record says afterwards."""
