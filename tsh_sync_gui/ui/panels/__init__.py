"""Screens and side panels."""
