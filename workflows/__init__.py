"""The durable life of a job, as Temporal replays it."""
