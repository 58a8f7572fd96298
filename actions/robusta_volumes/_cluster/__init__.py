"""The only place that talks to a cluster: live, or in memory."""
