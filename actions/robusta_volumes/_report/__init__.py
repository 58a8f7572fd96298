"""Verdicts and plans become a page: title, severity, blocks; pure."""
