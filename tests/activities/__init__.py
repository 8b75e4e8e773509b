"""The activities, on fakes that have state and a clock that the test sets."""
