"""The publish portal: a publication from the record to its platform and back."""
