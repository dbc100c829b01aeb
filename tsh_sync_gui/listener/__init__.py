"""The listener: takes webhooks in and serves the HTTP API, without a window."""
