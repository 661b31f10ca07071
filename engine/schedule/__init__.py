"""Schedules: jobs that the clock starts, by a cron expression or at an interval."""
