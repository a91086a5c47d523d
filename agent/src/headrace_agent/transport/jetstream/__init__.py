"""The JetStream transport: pulls lanes, keeps messages alive, sends events, acks last."""
