"""Connecting a real Zoho, step by step: what the wizard and `tsh-sync auth` stand on."""
