"""What a job does to the outside world: one class of activities per port."""
