"""What the native API answers, one noun a file. Fields that a newer server adds are passed over."""
