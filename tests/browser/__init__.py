"""The pages in a real browser, on jobs of a real stack."""
