"""Labelled stories of volumes: what happened, what metrics show of it, and what a good verdict says."""

import io_stories_backend
import io_stories_healthy
import io_stories_limits

STORIES = (*io_stories_limits.STORIES, *io_stories_backend.STORIES, *io_stories_healthy.STORIES)
