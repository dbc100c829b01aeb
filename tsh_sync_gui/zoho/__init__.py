"""The only place that speaks to Zoho."""
