"""The pages that people review on."""
