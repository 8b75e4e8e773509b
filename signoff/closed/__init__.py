"""The archive's index of closed jobs: writing it, compacting it, rebuilding it, finding jobs in it."""
