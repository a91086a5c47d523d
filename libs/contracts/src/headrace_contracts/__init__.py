"""What two Headrace processes must agree on: pure data and rules, no I/O."""
