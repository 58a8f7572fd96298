"""Robusta's params, events and findings, and what becomes of errors."""
