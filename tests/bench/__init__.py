"""The benchmark runs, and says what it measured in a shape that programs can rely on."""
