"""Sends alerts by mail and chat, through apprise."""
