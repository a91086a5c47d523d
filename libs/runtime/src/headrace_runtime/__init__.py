"""What every Headrace process needs to run: settings, NATS, telemetry, health, graceful stop."""
