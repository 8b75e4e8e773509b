"""The archive's index of closed jobs."""
