"""Words the whole program shares: events, errors, settings, values; imports nothing of ours."""
